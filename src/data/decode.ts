import { checkKind, checkOptions, wholeFrom } from '../base/options.ts';
import { checkDataset } from './arguments.ts';
import { CardinalError, messageOf, ShortageError } from '../base/errors.ts';
import type { Picture } from './dataset.ts';
import { decodeBmp } from './formats/bmp.ts';
import { decodePpm } from './formats/ppm.ts';
import {
  optionalFormatOf,
  otherFormatOf,
  pictureFormatOf,
  pictureFormatTitles,
  type OptionalFormatName,
  type PictureFormatName,
} from './picture-format.ts';
import {
  defaultPictureLimits,
  mostFileBytes,
  pictureLimitKinds,
  pictureLimits,
  type PictureLimitOptions,
  type PictureLimits,
} from './picture-limits.ts';
import { pictureInMemory, type PictureDataset, type PictureSource } from './source.ts';
import { fileError, isShortage } from '../node/file-errors.ts';
import { mostWhole, readRegular } from '../node/regular-file.ts';
import { decodeBySharp } from '../node/data/decode-by-sharp.ts';
import { plainReason } from '../node/data/decode-reasons.ts';
import { canDecode, type OwnFormat } from './picture-names.ts';
import { inTime, type Timed } from './in-time.ts';
import { cannotRead, receivePicture, type EncodedPicture, type ReceivedPicture } from './picture-input.ts';

/**
 * Reads a picture file, or the bytes of one, as bytes: the same that Pillow's `Image.open(file).convert('RGB')` gives, which
 * is what published networks were trained on. Grey is repeated, CMYK converted without ink profile, alpha dropped, an
 * embedded colour profile not applied, the first frame of an animation taken. Three things differ on purpose or by need:
 * EXIF rotation is applied (`ImageOps.exif_transpose`), 16-bit grey is cut to its high byte, where older Pillows clip it at
 * 255, and the transparent pixels of a GIF are black. The format is told by the bytes, whatever the file is called.
 *
 * @throws CardinalError with the file and the reason, if `file` is nothing that a picture can be read from, or if it has more
 * than `maxPixels` pixels or takes longer than `decodeSeconds`
 */
export async function loadPicture(file: EncodedPicture, options: PictureLimitOptions = {}): Promise<Picture> {
  checkOptions('loadPicture', options, pictureLimitKinds);
  const limits = pictureLimits(options);
  return decodePicture(await receivePicture(file, limits), limits);
}

/** The picture of what was received. Throws a `CardinalError` that names the file, if it has a name. */
export async function decodePicture(received: ReceivedPicture, limits: PictureLimits): Promise<Picture> {
  if (received.kind === 'pixels') return received.picture;
  const [content, name] =
    received.kind === 'file' ? [received.path, received.path] : [received.bytes, received.name];
  try {
    return await decodeFile(content, limits, inTime(limits.decodeSeconds));
  } catch (error) {
    if (error instanceof ShortageError) throw error;
    throw new CardinalError(`${cannotRead(name)}: ${messageOf(error)}`, { cause: error });
  }
}

/** Sample `index` of a dataset, as it is stored. */
export async function readPicture(dataset: PictureDataset, index: number): Promise<Picture> {
  checkDataset('readPicture', dataset);
  checkKind('readPicture', 'the index', index, {
    expected: `a whole number below ${dataset.length}`,
    is: (value) => wholeFrom(0).is(value) && Number(value) < dataset.length,
  });
  const { source } = dataset;
  if (source.kind === 'memory') return pictureInMemory(source, index);
  return decodePicture({ kind: 'file', path: source.paths[index] }, limitsOf(source));
}

/**
 * How samples of a source are decoded; errors hold the bare reason. `timed` ends what takes too long; default: who waits gives it up.
 */
export function decoderOf(
  source: PictureSource,
  timed?: (index: number) => Timed,
): (index: number) => Promise<Picture> {
  if (source.kind === 'memory') return (index) => Promise.resolve(pictureInMemory(source, index));
  const limits = limitsOf(source);
  const givenUp = inTime(limits.decodeSeconds);
  return (index) => decodeFile(source.paths[index], limits, timed?.(index) ?? givenUp);
}

/** What decoding a picture of a source may cost. */
export function limitsOf(source: PictureSource): PictureLimits {
  return (source.kind === 'files' ? source.limits : undefined) ?? defaultPictureLimits;
}

async function decodeFile(file: string | Uint8Array, limits: PictureLimits, timed: Timed): Promise<Picture> {
  try {
    if (file === '') throw new Error('its name is empty');
    const most = Math.min(mostWhole, mostFileBytes(limits));
    const bytes = typeof file === 'string' ? await readRegular(file, most) : file;
    const format = knownFormat(bytes);
    if (format !== 'bmp' && format !== 'ppm') return await decodeBySharp(bytes, format, limits, timed);
    return await timed(() => Promise.resolve(ownDecoders[format](bytes, limits)));
  } catch (error) {
    if (isShortage(error)) throw fileError('read', typeof file === 'string' ? file : 'a picture', error);
    throw new Error(plainReason(error), { cause: error });
  }
}

/** For formats that sharp does not read. */
const ownDecoders: Readonly<Record<OwnFormat, (bytes: Uint8Array, limits: PictureLimits) => Picture>> = {
  bmp: decodeBmp,
  ppm: decodePpm,
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
