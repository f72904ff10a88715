import { promisify } from 'node:util';
import { constants, gunzip } from 'node:zlib';

import { CardinalError, messageOf } from '../../base/errors.ts';
import { hasCode, readFile } from '../files.ts';

const gunzipAsync = promisify(gunzip);

/** The largest unzipped file that is taken in, in bytes. */
const largest = 2 ** 31;
/** Bytes of a zipped file that are enough for the header of what is in it. */
const beginning = 4096;

/**
 * Reads a whole file, unzipped if its name ends in `.gz`: not beyond the size that its own header says, by `sizeOf`, however much
 * there is in a small file. What has no such header is given as far as its beginning goes.
 *
 * @throws CardinalError if it cannot be read or unzipped, or holds more
 */
export async function readUnzipped(
  path: string,
  sizeOf: (head: Uint8Array) => number | undefined,
): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (!path.endsWith('.gz')) return bytes;
  try {
    const head = await gunzipAsync(bytes.subarray(0, beginning), { finishFlush: constants.Z_SYNC_FLUSH });
    const size = sizeOf(head);
    if (size === undefined) return head;
    return await gunzipAsync(bytes, { maxOutputLength: Math.min(size, largest) });
  } catch (error) {
    const reason = hasCode(error, 'ERR_BUFFER_TOO_LARGE')
      ? 'unzips to more bytes than its header says'
      : `cannot be unzipped, it is truncated or no gzip file: ${messageOf(error)}`;
    throw new CardinalError(`${path} ${reason}`, { cause: error });
  }
}
