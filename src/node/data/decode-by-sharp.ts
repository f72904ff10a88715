import { messageOf } from '../../base/errors.ts';
import type { Picture } from '../../data/dataset.ts';
import { checkScans } from '../../data/formats/jpeg-scans.ts';
import type { NativeFormat } from '../../data/picture-format.ts';
import { checkSize, howToRaise, type PictureLimits } from '../../data/picture-limits.ts';
import { cmykToRgb } from '../../data/transforms/cmyk.ts';
import { loadSharp, type Metadata } from '../sharp.ts';
import { decoderReason } from './decode-reasons.ts';
import { tookTooLong, type Timed } from '../../data/in-time.ts';
import type { PixelBudget } from '../../data/pixel-budget.ts';

/** What sharp calls the loader of each format. */
const loaders: Readonly<Record<NativeFormat, string>> = {
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

/** Bytes of a pixel, on average, in a picture of `maxPixels`: four channels of 16 bits. */
const mostBytes = 8;

/** Who lets a picture be decoded when there is room for its pixels. */
export type DecodingRoom = Pick<PixelBudget, 'decode'>;

/**
 * Decodes by sharp: what is refused is refused by the header, before memory is taken for pixels. Throws an `Error` with the bare
 * reason.
 */
export async function decodeBySharp(
  bytes: Uint8Array,
  format: NativeFormat,
  limits: PictureLimits,
  timed: Timed,
  room: DecodingRoom,
): Promise<Picture> {
  const found = await timed(() => header(bytes, format));
  const { width, height, space } = found;
  checkSize(width, height, limits);
  checkDepth(found, limits);
  if (format === 'jpeg') checkScans(bytes, width * height, limits);
  return room.decode(width * height, limits.maxPixels, timed, () => pixels(bytes, space === 'cmyk', limits));
}

/** libvips reads no pixels for it. */
async function header(bytes: Uint8Array, format: NativeFormat): Promise<Metadata> {
  const found = await loadSharp()(bytes, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw new Error(decoderReason(error), { cause: error });
    });
  // libvips lets any of its loaders have a file that says to be its own: SVG behind the beginning of a GIF, say.
  if (found.format !== loaders[format]) throw new Error('it is damaged');
  return found;
}

/** Rows, and a picture that is turned as a whole, are held as deep as they are stored. */
function checkDepth({ width, height, channels, depth }: Metadata, { maxPixels }: PictureLimits): void {
  const bytes = channels * (depthBytes[depth] ?? mostBytes);
  if (width * height * bytes <= mostBytes * maxPixels) return;
  throw new Error(
    `its ${width}×${height} pixels have ${bytes} bytes each, more in all than ${mostBytes} × maxPixels${howToRaise}`,
  );
}

/** Of one channel, by libvips' names. */
const depthBytes: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
};

async function pixels(
  bytes: Uint8Array,
  isCmyk: boolean,
  { maxPixels, decodeSeconds }: PictureLimits,
): Promise<Picture> {
  const picture = loadSharp()(bytes, { failOn: 'error', ignoreIcc: true, limitInputPixels: maxPixels })
    .timeout({ seconds: Math.ceil(decodeSeconds) })
    .autoOrient();
  // Left as it is stored, CMYK escapes the ink profile that libvips would convert it by.
  if (isCmyk) picture.pipelineColourspace('cmyk').toColourspace('cmyk');
  else picture.toColourspace('srgb');
  const { data, info } = await picture
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      const isLate = /^timeout: \d+% complete/.test(messageOf(error));
      throw new Error(isLate ? tookTooLong(decodeSeconds) : decoderReason(error), { cause: error });
    });
  const { width, height, channels } = info;
  if (isCmyk) return { width, height, channels: 3, data: cmykToRgb(data) };
  if (channels !== 1 && channels !== 3) throw new Error(`it has ${channels} channels`);
  return { width, height, channels, data };
}
