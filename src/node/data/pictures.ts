import { hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { plainReason } from '../../data/decode.ts';
import { decodeOwn } from '../../data/formats/own.ts';
import { isOwnFormat } from '../../data/picture-format.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import { fileError, fileReason, isShortage } from '../../base/file-errors.ts';
import { mostWhole, readRegular, readRegularRange } from '../regular-file.ts';
import { PixelBudget } from '../../data/pixel-budget.ts';
import { decodeBySharp, type DecodingRoom } from './decode-by-sharp.ts';
import { decodeSmall } from './decode-small.ts';
import { canDecode } from './formats.ts';

/** Pictures on Node: files, and sharp to decode them, when there is `room` for their pixels. */
export function picturesIn(room: DecodingRoom): PicturePlatform {
  return {
    pathOf: (url) => fileURLToPath(url),
    readFile: (path, most) => readRegular(path, Math.min(mostWhole, most)),
    readRange: (path, offset, size) => readRegularRange(path, offset, size),
    fileSize: async (path) => (await stat(path)).size,
    decode: async (bytes, format, limits, timed) => {
      if (isOwnFormat(format)) return timed(() => decodeOwn(bytes, format, limits));
      const small = await timed(() => decodeSmall(bytes, format, limits));
      return small ?? decodeBySharp(bytes, format, limits, timed, room);
    },
    canDecode,
    failureOf: (error, name) =>
      isShortage(error)
        ? fileError('read', name, error)
        : new Error(fileReason(error) ?? plainReason(error), { cause: error }),
    // Without an object for each, of which there may be millions.
    sha256: (data) => hash('sha256', data),
  };
}

/** Those of this thread. */
export const nodePictures: PicturePlatform = picturesIn(new PixelBudget());
