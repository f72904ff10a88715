import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { plainReason } from '../../data/decode.ts';
import { decodeOwn } from '../../data/formats/own.ts';
import { isOwnFormat } from '../../data/picture-format.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import { fileError, fileReason, isShortage } from '../../base/file-errors.ts';
import { mostWhole, readRegular } from '../regular-file.ts';
import { decodeBySharp } from './decode-by-sharp.ts';
import { canDecode } from './formats.ts';

/** Pictures on Node: files, and sharp to decode them. */
export const nodePictures: PicturePlatform = {
  pathOf: (url) => fileURLToPath(url),
  readFile: (path, most) => readRegular(path, Math.min(mostWhole, most)),
  fileSize: async (path) => (await stat(path)).size,
  decode: (bytes, format, limits, timed) =>
    isOwnFormat(format)
      ? timed(() => decodeOwn(bytes, format, limits))
      : decodeBySharp(bytes, format, limits, timed),
  canDecode,
  failureOf: (error, name) =>
    isShortage(error)
      ? fileError('read', name, error)
      : new Error(fileReason(error) ?? plainReason(error), { cause: error }),
  sha256: (data) => createHash('sha256').update(data).digest('hex'),
};
