import { nextTask } from '../../base/next-task.ts';
import type { Picture } from '../../data/dataset.ts';
import { withChannels } from '../../data/transforms/grey.ts';
import { resize } from '../../data/transforms/resize.ts';

const side = 8;

/**
 * The difference hash of a picture (N. Krawetz, "Kind of Like That", 2013): made grey and 9×8 pixels small, 64 bits that say whether a
 * pixel is brighter than its right neighbour. Pictures that were scaled, compressed or brightened keep nearly all of it.
 */
export function differences(picture: Picture): bigint {
  const { data } = withChannels(resize(picture, side + 1, side, 'bilinear'), 1);
  let bits = 0n;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = y * (side + 1) + x;
      bits = (bits << 1n) | (data[at] > data[at + 1] ? 1n : 0n);
    }
  }
  return bits;
}

/** So many bits of 64 may differ in pictures that are alike. */
export const fewBitsApart = 3;

/**
 * Groups of hashes of which each is at most `most` bits from another of its group, as their indices; largest first. Two hashes that near
 * share one of `most + 1` parts entirely, so that only those with an equal part are compared. Flat pictures, whose hash has no bit, tell
 * nothing and are left out.
 */
export async function groupsOf(
  hashes: readonly bigint[],
  most: number,
  signal: AbortSignal,
): Promise<number[][]> {
  const parts = most + 1;
  const width = BigInt(Math.ceil(64 / parts));
  const group = Array.from(hashes, (_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (group[root] !== root) root = group[root];
    group[index] = root;
    return root;
  };
  for (let part = 0; part < parts; part++) {
    const shelves = new Map<bigint, number[]>();
    for (const [index, hash] of hashes.entries()) {
      if (hash === 0n) continue;
      const key = (hash >> (BigInt(part) * width)) & ((1n << width) - 1n);
      const shelf = shelves.get(key) ?? [];
      // Of very many with an equal part the last are compared: they are chained to the others.
      for (const other of shelf.slice(-mostCompared)) {
        if (bitsOf(hashes[other] ^ hash) <= most) group[rootOf(index)] = rootOf(other);
      }
      shelf.push(index);
      shelves.set(key, shelf);
      if (index % 1000 === 999) {
        await nextTask();
        signal.throwIfAborted();
      }
    }
  }
  const members = new Map<number, number[]>();
  for (const index of group.keys()) {
    const root = rootOf(index);
    members.set(root, [...(members.get(root) ?? []), index]);
  }
  return [...members.values()].filter(({ length }) => length > 1).toSorted((a, b) => b.length - a.length);
}

const mostCompared = 2000;

function bitsOf(bits: bigint): number {
  let count = 0;
  for (let left = bits; left > 0n; left &= left - 1n) count++;
  return count;
}
