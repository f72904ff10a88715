import { messageOf, ShortageError, UnreadableError } from '../base/errors.ts';
import { checkKind, checkOptions, wholeFrom } from '../base/options.ts';
import { shortened } from '../base/quoted.ts';
import { checkDataset } from './arguments.ts';
import type { Picture } from './dataset.ts';
import { cannotRead } from './gather.ts';
import { isEncoded, limitsOf, pathOf, readFileOf, readPath } from './file-source.ts';
import { checkSegments } from './formats/jpeg-scans.ts';
import { inTime, type Timed } from './in-time.ts';
import {
  optionalFormatOf,
  otherFormatOf,
  pictureFormatOf,
  pictureFormatTitles,
  type OptionalFormatName,
  type PictureFormatName,
} from './picture-format.ts';
import type { EncodedPicture } from './picture-forms.ts';
import { receivePicture, type ReceivedPicture } from './picture-input.ts';
import {
  mostFileBytes,
  pictureLimitKinds,
  pictureLimits,
  type PictureLimitOptions,
  type PictureLimits,
} from './picture-limits.ts';
import type { PicturePlatform } from './picture-platform.ts';
import { inMemory, pictureInMemory, type PictureDataset, type PictureSource } from './source.ts';

/**
 * Reads a picture file, or the bytes of one, as bytes: the same that Pillow's `Image.open(file).convert('RGB')` gives, which
 * is what published networks were trained on. Grey is repeated, CMYK converted without ink profile, alpha dropped, an
 * embedded colour profile not applied, the first frame of an animation taken. Three things differ on purpose or by need:
 * EXIF rotation is applied (`ImageOps.exif_transpose`), 16-bit grey is cut to its high byte, where older Pillows clip it at
 * 255, and the transparent pixels of a GIF are black. The bytes determine the format, whatever the file is called.
 *
 * @throws UnreadableError with the file and the reason, if it is damaged or no picture, or if it has more
 * than `maxPixels` pixels or takes longer than `decodeSeconds`; CardinalError if `file` is nothing that a picture can be read from
 */
export async function loadPicture(
  file: EncodedPicture,
  options: PictureLimitOptions,
  platform: PicturePlatform,
): Promise<Picture> {
  checkOptions('loadPicture', options, pictureLimitKinds);
  const limits = pictureLimits(options);
  return decodePicture(await receivePicture(file, limits, platform), limits, platform);
}

/** The picture of what was received. Throws an `UnreadableError` that names the file, if it has a name. */
export async function decodePicture(
  received: ReceivedPicture,
  limits: PictureLimits,
  platform: PicturePlatform,
): Promise<Picture> {
  if (received.kind === 'pixels') return received.picture;
  const [read, name] =
    received.kind === 'file'
      ? [() => readPath(received.path, mostFileBytes(limits), platform), received.path]
      : [() => Promise.resolve(received.bytes), received.name];
  return named(name, decodeFile({ read, name }, limits, inTime(limits.decodeSeconds), platform));
}

/** Throws an `UnreadableError` that names the picture if it cannot be decoded. */
async function named(name: string | undefined, decoded: Promise<Picture>): Promise<Picture> {
  try {
    return await decoded;
  } catch (error) {
    if (error instanceof ShortageError) throw error;
    throw new UnreadableError(`${cannotRead(name)}: ${messageOf(error)}`, { cause: error });
  }
}

/** Sample `index` of a dataset, as it is stored. */
export async function readPicture(
  dataset: PictureDataset,
  index: number,
  platform: PicturePlatform,
): Promise<Picture> {
  checkDataset('readPicture', dataset);
  checkKind('readPicture', 'the index', index, {
    expected: `a whole number below ${dataset.length}`,
    is: (value) => wholeFrom(0).is(value) && Number(value) < dataset.length,
  });
  const { source } = dataset;
  if (!isEncoded(source)) return pictureInMemory(inMemory(source), index);
  return named(pathOf(source, index), decoderOf(source, platform)(index));
}

/** Decodes sample `index` of a source. Throws an `Error` with the bare reason, or a `ShortageError`. */
export type SampleDecoder = (index: number) => Promise<Picture>;

/** How samples of a source are decoded. `timed` ends what takes too long; default: who waits gives it up. */
export function decoderOf(
  source: PictureSource,
  platform: PicturePlatform,
  timed?: (index: number) => Timed,
): SampleDecoder {
  if (!isEncoded(source)) {
    const memory = inMemory(source);
    return (index) => Promise.resolve(pictureInMemory(memory, index));
  }
  const limits = limitsOf(source);
  const givenUp = inTime(limits.decodeSeconds);
  return (index) => {
    const file = { read: () => readFileOf(source, index, platform), name: pathOf(source, index) };
    return decodeFile(file, limits, timed?.(index) ?? givenUp, platform);
  };
}

/** Why a picture cannot be read where there is no memory for it. */
export const noMemory = 'there is not enough memory to decode it';

/** Why a picture cannot be read, on one line, as far as JavaScript tells it; the platform knows more of its own errors. */
export function plainReason(error: unknown): string {
  // Of an array that is too large for what is left; else a header points out of the file.
  if (error instanceof RangeError)
    return /allocation|array/i.test(error.message) ? noMemory : 'it is damaged';
  return shortened(messageOf(error), 500);
}

async function decodeFile(
  { read, name }: { readonly read: () => Promise<Uint8Array>; readonly name: string | undefined },
  limits: PictureLimits,
  timed: Timed,
  platform: PicturePlatform,
): Promise<Picture> {
  try {
    const bytes = await read();
    return await platform.decode(bytes, knownFormat(bytes, platform), limits, timed);
  } catch (error) {
    throw platform.failureOf(error, name ?? 'a picture');
  }
}

/**
 * Told here, whatever a native decoder would take a file for: libvips would let any of its loaders have one that says to be its own, and
 * so render SVG. It sees pictures alone.
 */
function knownFormat(
  bytes: Uint8Array,
  platform: Pick<PicturePlatform, 'canDecode'>,
): PictureFormatName | OptionalFormatName {
  if (bytes.length === 0) throw new Error('it is empty');
  const format = pictureFormatOf(bytes);
  if (format === 'jpeg') checkSegments(bytes);
  if (format !== undefined) return format;
  const optional = optionalFormatOf(bytes);
  if (optional !== undefined && platform.canDecode(optional)) return optional;
  const other = otherFormatOf(bytes);
  throw new Error(
    other === undefined
      ? 'not a picture of a known format'
      : `it is ${other}, expected ${pictureFormatTitles}`,
  );
}
