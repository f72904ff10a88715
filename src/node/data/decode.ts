import { readFile } from 'node:fs/promises';

import { CardinalError, messageOf } from '../../base/errors.ts';
import type { Picture } from '../../data/dataset.ts';
import { decodeBmp } from '../../data/formats/bmp.ts';
import { decodePpm } from '../../data/formats/ppm.ts';
import {
  optionalFormatOf,
  otherFormatOf,
  pictureFormatOf,
  pictureFormatTitles,
  type OptionalFormatName,
  type PictureFormatName,
} from '../../data/picture-format.ts';
import { pictureInMemory, type PictureDataset, type PictureSource } from '../../data/source.ts';
import { cmykToRgb } from '../../data/transforms/cmyk.ts';
import { fileReason } from '../files.ts';
import { loadSharp } from '../sharp.ts';
import { canDecode, type OwnFormat } from './formats.ts';
import { cannotRead, receivePicture, type EncodedPicture, type ReceivedPicture } from './picture-input.ts';

/**
 * Reads a picture file, or the bytes of one, as bytes: the same that Pillow's `Image.open(file).convert('RGB')` gives, which
 * is what published networks were trained on. Grey is repeated, CMYK converted without ink profile, alpha dropped, an
 * embedded colour profile not applied, the first frame of an animation taken. Three things differ on purpose or by need:
 * EXIF rotation is applied (`ImageOps.exif_transpose`), 16-bit grey is cut to its high byte, where older Pillows clip it at
 * 255, and the transparent pixels of a GIF are black. The format is told by the bytes, whatever the file is called.
 *
 * @throws CardinalError with the file and the decoder's reason, or if `file` is nothing that a picture can be read from
 */
export async function loadPicture(file: EncodedPicture): Promise<Picture> {
  return decodePicture(await receivePicture(file));
}

/** The picture of what was received. Throws a `CardinalError` that names the file, if it has a name. */
export async function decodePicture(received: ReceivedPicture): Promise<Picture> {
  if (received.kind === 'pixels') return received.picture;
  const [content, name] =
    received.kind === 'file' ? [received.path, received.path] : [received.bytes, received.name];
  try {
    return await decodeFile(content);
  } catch (error) {
    throw new CardinalError(`${cannotRead(name)}: ${messageOf(error)}`, { cause: error });
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
    const bytes = typeof file === 'string' ? await readFile(file) : file;
    const format = knownFormat(bytes);
    if (format === 'bmp' || format === 'ppm') return ownDecoders[format](bytes);
    const picture = loadSharp()(bytes, { failOn: 'error', ignoreIcc: true }).autoOrient();
    const { format: loader, space } = await picture.metadata();
    if (loader !== loaders[format]) throw new Error('it is damaged');
    const isCmyk = space === 'cmyk';
    // Left as it is stored, CMYK escapes the ink profile that libvips would convert it by.
    if (isCmyk) picture.pipelineColourspace('cmyk').toColourspace('cmyk');
    else picture.toColourspace('srgb').removeAlpha();
    const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (isCmyk) return { width, height, channels: 3, data: cmykToRgb(data) };
    if (channels !== 1 && channels !== 3) throw new Error(`it has ${channels} channels`);
    return { width, height, channels, data };
  } catch (error) {
    throw new Error(plainReason(error), { cause: error });
  }
}

/** For formats that sharp does not read. */
const ownDecoders: Readonly<Record<OwnFormat, (bytes: Uint8Array) => Picture>> = {
  bmp: decodeBmp,
  ppm: decodePpm,
};

/** What sharp calls the loader of each other format. */
const loaders: Readonly<Record<Exclude<PictureFormatName, OwnFormat> | OptionalFormatName, string>> = {
  jpeg: 'jpeg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  avif: 'heif',
  tiff: 'tiff',
  heic: 'heif',
  jp2: 'jp2',
  jxl: 'jxl',
};

/** libvips would let any of its loaders have a file that says to be its own, and so render SVG. It sees pictures alone. */
function knownFormat(bytes: Uint8Array): PictureFormatName | OptionalFormatName {
  if (bytes.length === 0) throw new Error('it is empty');
  const format = pictureFormatOf(bytes);
  if (format !== undefined) return format;
  const optional = optionalFormatOf(bytes);
  if (optional !== undefined && canDecode(optional)) return optional;
  const other = otherFormatOf(bytes);
  throw new Error(
    other === undefined
      ? 'not a picture of a known format'
      : `it is ${other}, expected ${pictureFormatTitles}`,
  );
}

/** The decoder's first telling line, without the path that the caller names anyway. */
function plainReason(error: unknown): string {
  const fromFileSystem = fileReason(error);
  if (fromFileSystem !== undefined) return fromFileSystem;
  const lines = messageOf(error).trim().split('\n');
  const line = lines.find((candidate) => !candidate.startsWith('source: bad seek')) ?? lines[0];
  // libvips loses its reason when several pictures fail at once.
  if (line === '' || line === 'Unknown error') return 'it is damaged';
  if (line.includes('unsupported image format')) return 'not a picture of a known format';
  return line;
}
