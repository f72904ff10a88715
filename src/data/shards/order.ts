import type { Rng } from '../../base/rng.ts';

/** Samples among which the next one is drawn: pictures of this many neighbours are mixed, at 100 KB each half a gigabyte of files. */
export const shuffleBuffer = 4096;

/**
 * A random order of 0 … length−1 that goes through files of samples nearly one after the other: files in random order, and out of
 * what comes so the next one is drawn from a buffer of `buffer` samples. Up to that many samples in all, every order is equally likely.
 *
 * @param starts samples at which a file begins, ascending, 0 first
 */
export function bufferedOrder(
  starts: Uint32Array,
  length: number,
  rng: Rng,
  buffer = shuffleBuffer,
): Uint32Array {
  const held = new Uint32Array(Math.min(buffer, length));
  const order = new Uint32Array(length);
  let filled = 0;
  let done = 0;
  for (const file of rng.permutation(starts.length)) {
    const end = file + 1 < starts.length ? starts[file + 1] : length;
    for (let sample = starts[file]; sample < end; sample++) {
      if (filled < held.length) {
        held[filled++] = sample;
        continue;
      }
      const place = rng.int(held.length);
      order[done++] = held[place];
      held[place] = sample;
    }
  }
  for (; filled > 0; filled--) {
    const place = rng.int(filled);
    order[done++] = held[place];
    held[place] = held[filled - 1];
  }
  return order;
}
