import { CardinalError, ShortageError } from '../../base/errors.ts';
import { plainReason } from '../../data/decode.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import { canDigest, sha256 } from '../../weights/digest.ts';
import { decodeInBrowser } from './decode.ts';
import type { Scripts } from '../scripts.ts';
import { jpegDecoder } from './jpeg.ts';

const noFiles = 'a page reads no files by their paths: give it a File or a Blob';

const insecure =
  'this page came by plain http, so its browser has no SHA-256: serve it by https, or from localhost';

/** Where decoders are that are loaded when they are needed. */
export type DecoderScripts = Pick<Scripts, 'pictures' | 'jpeg'>;

/** Pictures in a worker of a page: blobs, the browser's decoders, and ours. */
export function webPictures({ pictures, jpeg }: DecoderScripts): PicturePlatform {
  const decoders = { pictures, decodeJpeg: jpegDecoder(jpeg) };
  return {
    pathOf: () => {
      throw new Error(noFiles);
    },
    readFile: () => Promise.reject(new Error(noFiles)),
    readRange: () => Promise.reject(new Error(noFiles)),
    fileSize: () => Promise.reject(new Error(noFiles)),
    decode: (bytes, format, limits, timed) => decodeInBrowser(bytes, format, limits, timed, decoders),
    // Nobody could say so without trying, and a folder must be the same data in every browser.
    canDecode: () => false,
    failureOf: (error) =>
      error instanceof ShortageError ? error : new Error(plainReason(error), { cause: error }),
    sha256: (data) => {
      if (!canDigest()) throw new CardinalError(insecure);
      return sha256(typeof data === 'string' ? new TextEncoder().encode(data) : data);
    },
  };
}
