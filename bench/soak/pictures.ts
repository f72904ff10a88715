import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { Rng } from '../../src/base/rng.ts';

/** The bytes of a picture file, and whether they were damaged. */
export interface SoakPicture {
  readonly name: string;
  readonly bytes: Buffer;
  readonly damaged: boolean;
}

const formats = ['jpeg', 'jpeg', 'jpeg', 'jpeg', 'jpeg', 'png', 'webp', 'gif', 'tiff'] as const;

/** Encoded pictures of many sizes, JPEGs for the most part, and a damaged copy of every fourth. */
export async function encodedPictures(seed: number, count: number): Promise<SoakPicture[]> {
  const pictures: SoakPicture[] = [];
  for (let index = 0; index < count; index++) {
    const rng = Rng.of(seed, 'picture', index);
    const format = formats[index % formats.length];
    const side = (): number => 24 + rng.int(index % 10 === 0 ? 900 : 200);
    const bytes = await encoded(rng, side(), side(), format);
    pictures.push({ name: `${index}.${format}`, bytes, damaged: false });
    if (index % 4 === 0) pictures.push({ name: `damaged-${index}.${format}`, bytes: spoilt(bytes, rng), damaged: true }); // prettier-ignore
  }
  return pictures;
}

/** Class folders of small JPEGs to train on, brighter from class to class; one file of each class is cut short. */
export async function writeTrainingPictures(folder: string, seed: number): Promise<void> {
  for (const [label, name] of ['dark', 'grey', 'light'].entries()) {
    await mkdir(join(folder, name), { recursive: true });
    for (let index = 0; index < 40; index++) {
      const rng = Rng.of(seed, 'train', label, index);
      const bytes = await encoded(rng, 20 + rng.int(40), 20 + rng.int(40), 'jpeg', 40 + 80 * label);
      const written = index === 7 ? bytes.subarray(0, bytes.length >> 1) : bytes;
      await writeFile(join(folder, name, `${index}.jpg`), written);
    }
  }
}

/** Noise that a decoder has work with, around a colour. */
function encoded(
  rng: Rng,
  width: number,
  height: number,
  format: (typeof formats)[number],
  mean = 40 + rng.int(160),
): Promise<Buffer> {
  const data = Uint8Array.from({ length: 3 * width * height }, () => mean + rng.int(40));
  return sharp(data, { raw: { width, height, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

function spoilt(bytes: Buffer, rng: Rng): Buffer {
  const copy = Buffer.from(bytes);
  const kind = rng.int(3);
  if (kind === 0) return copy.subarray(0, 1 + rng.int(copy.length - 1));
  for (let left = kind === 1 ? 1 : 20; left > 0; left--) copy[rng.int(copy.length)] ^= 1 << rng.int(8);
  return copy;
}
