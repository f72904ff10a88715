import type { BatchLoader } from '../../src/data/dataset.ts';
import { sha256 } from '../../src/weights/digest.ts';

/** A hash of all batches of an epoch and of what was left out of it; the same in Node and in a page if they are. */
export async function hashOfBatches(loader: BatchLoader, epoch = 1): Promise<string> {
  const hashes: string[] = [];
  for await (const { size, input, target, labels, indices } of loader.epoch(epoch)) {
    for (const array of [input, target, labels, indices]) {
      hashes.push(await sha256(new Uint8Array(array.buffer, array.byteOffset, array.byteLength)));
    }
    hashes.push(String(size));
  }
  const skipped = loader.skipped.map(({ id }) => id.replace(/^.*[/\\]/, '')).sort();
  return sha256(new TextEncoder().encode([...hashes, ...skipped].join('\n')));
}
