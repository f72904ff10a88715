import { plainReason } from '../../data/decode.ts';
import { checkSize } from '../../data/picture-limits.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import { sha256 } from '../../weights/digest.ts';
import { pixelsOf } from './sent-picture.ts';

/** Pictures of a page: blobs, and the browser's own decoders. */
export const webPictures: PicturePlatform = {
  pathOf: () => {
    throw new Error('a page has no files by their paths');
  },
  readFile: () => Promise.reject(new Error('a page has no files by their paths')),
  fileSize: () => Promise.reject(new Error('a page has no files by their paths')),
  decode: async (bytes, _, limits, timed) => {
    const blob = new Blob([new Uint8Array(bytes)]);
    const bitmap = await timed(() =>
      createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' }),
    );
    checkSize(bitmap.width, bitmap.height, limits);
    return pixelsOf(bitmap);
  },
  canDecode: () => false,
  failureOf: (error) => new Error(plainReason(error), { cause: error }),
  sha256: (data) => sha256(typeof data === 'string' ? new TextEncoder().encode(data) : data),
};
