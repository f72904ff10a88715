import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bitsIn, casesIn, usableSettings, type Fixture } from './settings.ts';

/**
 * Results are the same bit for bit as when the fixture was written (`scripts/fixtures/bits.ts`), on every build of the kernels and
 * number of threads. A change that is meant to move bits writes the fixture anew and says so in the changelog.
 */
const path = new URL('../fixtures/bits.json', import.meta.url);
const fixture = JSON.parse(await readFile(path, 'utf8')) as Fixture;

test.each(usableSettings())('$kernels kernels on $threads threads', async (setting) => {
  const { multiplyAdd, bits } = await bitsIn(setting);
  if (setting.kernels === 'simd') expect(multiplyAdd).toBe('separate');
  const known = fixture[multiplyAdd === 'fused' ? 'fused' : 'separate'];
  expect(bits).toEqual(Object.fromEntries(casesIn(setting).map((name) => [name, known[name]])));
});

// On x64 V8 can be told to do without the instruction, as on processors that lack it.
test.skipIf(process.arch !== 'x64')(
  'relaxed kernels have the bits of plain SIMD in an engine that rounds multiply–adds twice, as WebKit does',
  async () => {
    const script = `
      const { bitsIn } = await import('./test/bits/settings.ts');
      console.log(JSON.stringify(await bitsIn({ kernels: 'relaxed', threads: 2 })));
    `;
    const flags = ['--no-enable-fma3', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    const { multiplyAdd, bits } = JSON.parse(stdout) as Awaited<ReturnType<typeof bitsIn>>;
    expect(multiplyAdd).toBe('separate');
    const names = casesIn({ kernels: 'relaxed', threads: 2 });
    expect(bits).toEqual(Object.fromEntries(names.map((name) => [name, fixture.separate[name]])));
  },
);
