/**
 * Draws data/fashion-mnist-sample from the whole of Fashion-MNIST: every class equally often, 600 training and 100
 * test pictures each, chosen by a seed and kept in the order of the original.
 *
 *     node scripts/make-fashion-sample.ts [folder of the four original files]
 *
 * The original: Debian's package dataset-fashion-mnist, or https://github.com/zalandoresearch/fashion-mnist.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { Rng } from '../src/base/rng.ts';
import { encodeIdx, parseIdx } from '../src/data/idx.ts';

const SEED = 2017;
const source = process.argv[2] ?? '/usr/share/datasets/fashion-mnist';
const target = join(import.meta.dirname, '..', 'data', 'fashion-mnist-sample');
const pictureBytes = 28 * 28;

for (const [split, perClass] of [
  ['train', 600],
  ['t10k', 100],
] as const) {
  const images = parseIdx(unzip(`${split}-images-idx3-ubyte.gz`), `${split} images`, 3);
  const labels = parseIdx(unzip(`${split}-labels-idx1-ubyte.gz`), `${split} labels`, 1);

  const chosen: number[] = [];
  for (let label = 0; label < 10; label++) {
    const members = Array.from(labels.data.keys()).filter((index) => labels.data[index] === label);
    const order = Rng.of(SEED, 'fashion-mnist-sample', split, label).permutation(members.length);
    for (const position of order.subarray(0, perClass)) chosen.push(members[position]);
  }
  chosen.sort((a, b) => a - b);

  const pixels = new Uint8Array(chosen.length * pictureBytes);
  chosen.forEach((index, row) => {
    pixels.set(images.data.subarray(index * pictureBytes, (index + 1) * pictureBytes), row * pictureBytes);
  });
  write(`${split}-images-idx3-ubyte.gz`, encodeIdx([chosen.length, 28, 28], pixels));
  write(
    `${split}-labels-idx1-ubyte.gz`,
    encodeIdx(
      [chosen.length],
      Uint8Array.from(chosen, (index) => labels.data[index]),
    ),
  );
}

function unzip(name: string): Uint8Array {
  return gunzipSync(readFileSync(join(source, name)));
}

/** The same bytes on every machine: no time and no operating system in the gzip header (RFC 1952). */
function write(name: string, bytes: Uint8Array): void {
  const zipped = gzipSync(bytes, { level: 9 });
  zipped.fill(0, 4, 8);
  zipped[9] = 255;
  writeFileSync(join(target, name), zipped);
  console.log(`${name}: ${zipped.length} bytes`);
}
