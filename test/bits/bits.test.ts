import { readFile } from 'node:fs/promises';
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
  else if (multiplyAdd !== 'fused') {
    console.warn(`SKIPPED: no bits are known of ${setting.kernels} kernels where relaxed_madd is not fused`);
    return;
  }
  const known = fixture[setting.kernels === 'simd' ? 'separate' : 'fused'];
  expect(bits).toEqual(Object.fromEntries(casesIn(setting).map((name) => [name, known[name]])));
});
