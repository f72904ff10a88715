import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { root } from '../cli/cardinal.ts';

/** The pictures that come with the package. */
export const bundled = join(root, 'data/fashion-mnist-sample');

/** Writes the first pictures of such a folder into another: to train or to evaluate on all of them takes most of a test's time. */
export async function writeSome(
  from: string,
  to: string,
  counts: { readonly train: number; readonly t10k: number },
): Promise<void> {
  await mkdir(to, { recursive: true });
  await copyFile(join(from, 'classes.json'), join(to, 'classes.json'));
  for (const [part, count] of Object.entries(counts)) {
    for (const [kind, header, size] of [
      ['images-idx3', 16, 28 * 28],
      ['labels-idx1', 8, 1],
    ] as const) {
      const file = `${part}-${kind}-ubyte.gz`;
      const bytes = gunzipSync(await readFile(join(from, file))).subarray(0, header + count * size);
      bytes.writeUInt32BE(count, 4);
      await writeFile(join(to, file), gzipSync(bytes));
    }
  }
}
