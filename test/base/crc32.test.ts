import { expect, test } from 'vitest';
import { crc32 } from '../../src/base/crc32.ts';
import { Rng } from '../../src/base/rng.ts';
import { crc32 as small } from '../../src/base/small-crc32.ts';
import { seed } from '../support/seed.ts';

test('CRC-32 of pages is that of zip archives', () => {
  // The check value of the catalogue of parametrised CRC algorithms.
  expect([crc32, small].map((of) => of(new TextEncoder().encode('123456789')))).toEqual([
    0xcbf43926, 0xcbf43926,
  ]);
  const rng = Rng.of(seed, 'crc32');
  const bytes = Uint8Array.from({ length: 1000 }, () => rng.uint32() & 255);
  for (const length of [0, 1, 15, 16, 1000]) {
    const [first, second] = [bytes.subarray(0, length), bytes.subarray(length)];
    expect([small(first), small(second, small(first))]).toEqual([crc32(first), crc32(bytes)]);
  }
});
