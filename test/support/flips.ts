import { Rng } from '../../src/base/rng.ts';

/** `count` copies of some bytes, in each of which one bit is another, with the place of the byte. */
export function* bitFlips(
  bytes: Uint8Array,
  seed: number,
  count: number,
  [begin, end]: readonly [number, number] = [0, bytes.length],
): Generator<{ readonly flipped: Uint8Array; readonly at: number }, void, undefined> {
  const rng = Rng.of(seed, 'flips');
  for (let i = 0; i < count; i++) {
    const at = begin + (rng.uint32() % (end - begin));
    const flipped = new Uint8Array(bytes);
    flipped[at] ^= 1 << (rng.uint32() % 8);
    yield { flipped, at };
  }
}
