import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { createNodeBackend } from '../../src/node/backend.ts';
import { usableKernels } from '../../src/node/kernels.ts';
import { wideTrials } from '../../src/node/wide-trials.ts';
import { missingForWide } from '../../src/node/wide-vectors.ts';

const node26 = '14.6.202.34-node.34';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  [undefined, 'x64', node26, true, ''],
  [undefined, 'x64', '13.6.233.17-node.53', true, ''],
  ['0', 'x64', node26, true, 'CARDINAL_WIDE=0 asks for none'],
  [undefined, 'arm64', node26, true, 'V8 has them on x64 alone, this is arm64'],
  [undefined, 'x64', node26, false, 'this processor lacks AVX2'],
  // Node 22 has the flag, and nothing behind it.
  [undefined, 'x64', '12.4.254.21', true, 'V8 12.4.254.21 is too old; use Node 24 or newer'],
  ['1', 'x64', '13.5.1', true, 'V8 13.5.1 is too old; use Node 24 or newer'],
  [undefined, 'x64', '15.0.1', true, 'not tried on V8 15.0.1; CARDINAL_WIDE=1 tries'],
  ['1', 'x64', '15.0.1', true, ''],
  // Between two that were tried, as other programs than Node bring it.
  [undefined, 'x64', '14.2.231.3', true, 'not tried on V8 14.2.231.3; CARDINAL_WIDE=1 tries'],
  ['1', 'x64', '14.2.231.3', true, ''],
])('CARDINAL_WIDE=%s, %s, V8 %s, fused: %s', (wish, arch, v8, fused, missing) => {
  expect(missingForWide(wish, arch, v8, fused)).toBe(missing);
});

test('the wide kernels can be turned down, and then asking for them is an error of one line', async () => {
  vi.stubEnv('CARDINAL_WIDE', '0');
  expect(usableKernels()).toEqual(['relaxed', 'simd']);
  await expect(createNodeBackend({ kernels: 'wide' })).rejects.toThrow(
    /^no 256-bit vectors for WebAssembly here: CARDINAL_WIDE=0 asks for none$/,
  );
});

test('kernels of another name are refused', async () => {
  const kernels = 'narrow' as 'simd';
  await expect(createNodeBackend({ kernels })).rejects.toThrow(
    /^kernels must be wide, relaxed, simd, got narrow$/,
  );
});

test('kernels on which a V8 fails are kernels that there are', async () => {
  const module = await WebAssembly.compile(await readFile('dist/kernels/kernels-full-wide.wasm'));
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(Object.values(wideTrials).flatMap(({ fatal }) => fatal)));
});

// As the kernels of batch norm were on V8 13.6 when it was found out.
test('what a V8 fails on is not made wide, and comes before what is', async () => {
  const script = `
    const { readFile } = await import('node:fs/promises');
    const { compileWide } = await import('./src/node/wide-vectors.ts');
    const { cachedDataVersionTag } = await import('node:v8');
    const order = [];
    const binary = new Uint8Array(await readFile('dist/kernels/kernels-full-wide.wasm'));
    const onFunction = (name) => order.push([name, cachedDataVersionTag()]);
    await compileWide(binary, { fatal: new Set(['sum_parts']), onFunction });
    const [[first, usual], ...others] = order;
    console.log(first, others.length, others.some(([, flags]) => flags === usual), new Set(others.map(([, flags]) => flags)).size);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const [first, others, same, kinds] = stdout.trim().split(' ');
  expect({ first, same, kinds }).toEqual({ first: 'sum_parts', same: 'false', kinds: '1' });
  expect(Number(others)).toBeGreaterThan(100);
});

// V8 tells nothing of its flags, but this number is made of them all.
test.each([
  { flags: [] },
  { flags: ['--allow-natives-syntax'] },
  { flags: ['--experimental-wasm-revectorize'] },
  { flags: ['--experimental-wasm-revectorize', '--allow-natives-syntax'] },
])('V8 has the flags of its host afterwards: $flags', async ({ flags }) => {
  const script = `
    const { cachedDataVersionTag } = await import('node:v8');
    const { loadKernels } = await import('./src/node/kernels.ts');
    const before = cachedDataVersionTag();
    const { build } = await loadKernels();
    console.log(build, cachedDataVersionTag() === before);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    '--input-type=module',
    '-e',
    script,
  ]);
  expect(stdout).toBe(`${usableKernels()[0]} true\n`);
});
