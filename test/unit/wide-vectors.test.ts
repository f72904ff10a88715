import { afterEach, expect, test, vi } from 'vitest';
import { createNodeBackend } from '../../src/node/backend.ts';
import { usableKernels } from '../../src/node/kernels.ts';
import { whatIsMissing } from '../../src/node/wide-vectors.ts';

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
  [undefined, 'x64', '12.4.254.21', true, 'V8 12.4.254.21 is too old; take Node 24 or newer'],
  ['1', 'x64', '13.5.1', true, 'V8 13.5.1 is too old; take Node 24 or newer'],
  [undefined, 'x64', '15.0.1', true, 'not tried on V8 15.0.1; CARDINAL_WIDE=1 tries'],
  ['1', 'x64', '15.0.1', true, ''],
])('CARDINAL_WIDE=%s, %s, V8 %s, fused: %s', (wish, arch, v8, fused, missing) => {
  expect(whatIsMissing(wish, arch, v8, fused)).toBe(missing);
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
