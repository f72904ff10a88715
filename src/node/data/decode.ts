import { stat } from 'node:fs/promises';

import sharp from 'sharp';

import { CardinalError, messageOf } from '../../base/errors.ts';
import type { Picture } from '../../data/dataset.ts';
import { pictureInMemory, type PictureDataset, type PictureSource } from '../../data/source.ts';

/** File name endings that are taken for pictures; everything else in a folder is left alone. */
export const pictureExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.png',
  '.webp',
  '.gif',
  '.avif',
];

/**
 * Reads a picture file, or the bytes of one, as RGB bytes: grey is repeated, CMYK converted, 16 bit cut to 8, EXIF rotation applied, the first
 * frame of an animation taken. Alpha is dropped, which is what Pillow's `convert('RGB')` does and so what published
 * networks were trained on.
 *
 * @throws CardinalError with the file and the decoder's reason
 */
export async function loadPicture(file: string | Uint8Array): Promise<Picture> {
  try {
    return await decodeFile(file);
  } catch (error) {
    const name = typeof file === 'string' && file !== '' ? ` ${file}` : '';
    throw new CardinalError(`cannot read the picture${name}: ${messageOf(error)}`);
  }
}

/** Sample `index` of a dataset, as it is stored. */
export async function readPicture(dataset: PictureDataset, index: number): Promise<Picture> {
  const { source } = dataset;
  return source.kind === 'memory' ? pictureInMemory(source, index) : loadPicture(source.paths[index]);
}

/** How samples of a source are decoded; errors hold the bare reason. */
export function decoderOf(source: PictureSource): (index: number) => Promise<Picture> {
  return source.kind === 'memory'
    ? (index) => Promise.resolve(pictureInMemory(source, index))
    : (index) => decodeFile(source.paths[index]);
}

async function decodeFile(file: string | Uint8Array): Promise<Picture> {
  try {
    if (file === '') throw new Error('its name is empty');
    const { data, info } = await sharp(file, { failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 1 && info.channels !== 3) throw new Error(`it has ${info.channels} channels`);
    return { width: info.width, height: info.height, channels: info.channels, data };
  } catch (error) {
    const isFolder = typeof file === 'string' && (await stat(file).catch(() => undefined))?.isDirectory();
    throw new Error(isFolder === true ? 'it is a folder' : plainReason(error), { cause: error });
  }
}

/** The decoder's first telling line, without the path that the caller names anyway. */
function plainReason(error: unknown): string {
  const lines = messageOf(error).trim().split('\n');
  const line = lines.find((candidate) => !candidate.startsWith('source: bad seek')) ?? lines[0];
  if (line.startsWith('Input file is missing')) return 'no such file';
  // libvips loses its reason when several pictures fail at once.
  if (line === '' || line === 'Unknown error') return 'it is damaged';
  if (line.includes('unsupported image format')) return 'not a picture of a known format';
  return line;
}
