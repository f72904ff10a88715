import type { Picture } from '../../data/dataset.ts';
import { avifHeader } from '../../data/formats/avif.ts';
import { gifSize } from '../../data/formats/gif.ts';
import { checkScans, jpegFrame } from '../../data/formats/jpeg-scans.ts';
import { pngSize } from '../../data/formats/png-size.ts';
import { webpHeader } from '../../data/formats/webp.ts';
import type { Timed } from '../../data/in-time.ts';
import {
  isOwnFormat,
  optionalFormats,
  pictureFormats,
  type NativeFormat,
  type OptionalFormatName,
  type PictureFormatName,
} from '../../data/picture-format.ts';
import { checkSize, type PictureLimits } from '../../data/picture-limits.ts';
import { PixelBudget } from '../../data/pixel-budget.ts';
import { turned } from '../../data/transforms/turn.ts';
import { pictureScript } from './by-script.ts';
import { decodeNatively, readersHere } from './native.ts';

/** Of this thread. */
const budget = new PixelBudget();

/** What is known of a picture before it is decoded. */
interface Known {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha?: boolean;
  /** How it is to be turned by us. */
  readonly orientation?: number;
}

/** Reads headers. Throws an `Error` with the bare reason, for what browsers show in part, too. */
const headers: Readonly<Partial<Record<NativeFormat, (bytes: Uint8Array, limits: PictureLimits) => Known>>> =
  {
    jpeg: (bytes, limits) => {
      const { width, height, isWhole } = jpegFrame(bytes);
      checkSize(width, height, limits);
      checkScans(bytes, width * height, limits);
      if (!isWhole) throw new Error('it is truncated or damaged');
      return { width, height };
    },
    webp: webpHeader,
    // Its transparent pixels are black, as a canvas has them.
    gif: gifSize,
    avif: avifHeader,
  };

/** What decodes beside the browser. */
export interface DecodersHere {
  /** URL of the script for pictures that no browser decodes exactly. */
  readonly pictures: string;
  /** How a JPEG is decoded where the browser's own decoder is not exact. */
  readonly decodeJpeg: ((bytes: Uint8Array) => Promise<Picture>) | undefined;
}

/**
 * Decodes in a browser, to the same bytes as Node's decoder: PNG, BMP and PPM by our own code in the script `pictures`, the rest by the
 * browser's if that is exact. What is
 * refused is refused by the header, before memory is taken for pixels. Throws an `Error` with the bare reason.
 */
export async function decodeInBrowser(
  bytes: Uint8Array,
  format: PictureFormatName | OptionalFormatName,
  limits: PictureLimits,
  timed: Timed,
  { pictures, decodeJpeg }: DecodersHere,
): Promise<Picture> {
  if (isOwnFormat(format)) {
    const { decodeOwn } = await pictureScript(pictures);
    return timed(() => decodeOwn(bytes, format, limits));
  }
  if (format === 'png') {
    const { decodePng } = await pictureScript(pictures);
    return budgeted(pngSize(bytes), limits, timed, () => decodePng(bytes, limits));
  }
  const readHeader = headers[format];
  if (readHeader === undefined) throw new Error(cannot(format, 'cannot decode'));
  const known = readHeader(bytes, limits);
  checkSize(known.width, known.height, limits);
  const readers = await readersHere();
  const read = known.hasAlpha === true ? readers.alpha : readers.opaque;
  if (read === undefined && format === 'jpeg' && decodeJpeg !== undefined) {
    return budgeted(known, limits, timed, () => decodeJpeg(bytes));
  }
  if (read === undefined) {
    throw new Error(
      cannot(format, `does not decode exactly${known.hasAlpha === true ? ' with its alpha' : ''}`),
    );
  }
  const picture = await budgeted(known, limits, timed, () =>
    decodeNatively(bytes, read).catch((error: unknown) => {
      throw new Error(`it is truncated or damaged, or ${cannot(format, 'cannot decode')}`, { cause: error });
    }),
  );
  if (picture.width * picture.height > known.width * known.height) {
    throw new Error('it is damaged: the picture in it has another size than its header says');
  }
  return turned(picture, known.orientation ?? 1);
}

function budgeted(
  { width, height }: Pick<Known, 'width' | 'height'>,
  { maxPixels }: PictureLimits,
  timed: Timed,
  work: () => Promise<Picture>,
): Promise<Picture> {
  return budget.decode(width * height, maxPixels, timed, work);
}

function cannot(format: NativeFormat, what: string): string {
  const title = [...pictureFormats, ...optionalFormats].find(({ name }) => name === format)?.title ?? format;
  return `it is ${title}, which this browser ${what}: convert it to JPEG or PNG`;
}
