import { wholeFrom, type Kinds } from '../base/options.ts';

/** Limits on what decoding one picture may cost. */
export interface PictureLimitOptions {
  /**
   * The most pixels that a picture file may have, width × height of its first frame. Larger ones are refused by what their header
   * says, before memory is taken: a file of 34 bytes may claim 268 million pixels, which would take 2 GB. Default 200,000,000:
   * a telephone of 200 megapixels takes pictures of 16320×12240 = 199,756,800. A server that takes pictures of strangers wants
   * less. Raw pixels that are given are bounded by themselves.
   */
  readonly maxPixels?: number | undefined;
  /**
   * The most seconds that decoding a picture may take, 3600 at most; it counts as unreadable then. Default 60: photos
   * take a tenth of one, the largest AVIF twenty.
   */
  readonly decodeSeconds?: number | undefined;
}

/** The same with defaults filled in; plain data, so that it can be sent to a worker. */
export interface PictureLimits {
  readonly maxPixels: number;
  readonly decodeSeconds: number;
}

export const defaultPictureLimits: PictureLimits = { maxPixels: 200_000_000, decodeSeconds: 60 };

/** An hour, the longest timeout that sharp takes. */
export const mostDecodeSeconds = 3600;

export const pictureLimitKinds: Kinds<PictureLimitOptions> = {
  maxPixels: wholeFrom(1),
  decodeSeconds: {
    expected: `a whole number of seconds from 1 to ${mostDecodeSeconds}`,
    is: (value) => wholeFrom(1).is(value) && Number(value) <= mostDecodeSeconds,
  },
};

/** The limits that are given, others as `otherwise` has them. */
export function pictureLimits(
  { maxPixels, decodeSeconds }: PictureLimitOptions,
  otherwise: PictureLimits = defaultPictureLimits,
): PictureLimits {
  return {
    maxPixels: maxPixels ?? otherwise.maxPixels,
    decodeSeconds: decodeSeconds ?? otherwise.decodeSeconds,
  };
}

/** How messages about `maxPixels` end: advice for those who can set it. */
export const howToRaise = ': raise it (`maxPixels`) if you trust the picture';

/** Throws an `Error` with the bare reason unless a picture may have this size. */
export function checkSize(width: number, height: number, { maxPixels }: PictureLimits): void {
  if (!(width > 0 && height > 0)) throw new Error(`its size is ${width}×${height}`);
  if (width * height <= maxPixels) return;
  throw new Error(
    `it is ${width}×${height} pixels (${amount(width * height)}), more than maxPixels, ${amount(maxPixels)}${howToRaise}`,
  );
}

/**
 * Bytes that the file of such a picture has at most: eight for each pixel, as four channels of 16 bits take without compression,
 * and room for what lies beside the pixels.
 */
export function mostFileBytes({ maxPixels }: PictureLimits): number {
  return 8 * maxPixels + besidePixels;
}

const besidePixels = 2 ** 26;

/** `268 million`, and small numbers as they are. */
function amount(pixels: number): string {
  return pixels < 1e6 ? String(pixels) : `${String(Math.round(pixels / 1e5) / 10)} million`;
}
