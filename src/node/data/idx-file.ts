import { createGunzip } from 'node:zlib';
import { CardinalError, messageOf } from '../../base/errors.ts';
import { parseIdxHeader, requireIdxSize, type IdxHeader } from '../../data/idx.ts';
import { fileError } from '../files.ts';
import { openRegular, readInto, type RegularFile } from '../regular-file.ts';

/** An IDX file, open: its header is read, its bytes are not. */
export interface IdxFile {
  readonly header: IdxHeader;
  /** All bytes behind the header, in memory that workers can share. Once, and throws a `CardinalError` unless they are as many as it says. */
  bytes(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens an IDX file, zipped if its name ends in `.gz`. Its header says how much it holds: no more is taken out of it, whatever
 * it would become.
 *
 * @throws CardinalError if it cannot be read or unzipped or is none, or says that it is far larger than it can be
 */
export async function openIdx(path: string, rank: 1 | 3): Promise<IdxFile> {
  const file = await openRegular(path).catch((error: unknown) => {
    throw fileError('read', path, error);
  });
  try {
    return path.endsWith('.gz') ? await openZipped(path, rank, file) : await openPlain(path, rank, file);
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

async function openPlain(path: string, rank: 1 | 3, { handle, size }: RegularFile): Promise<IdxFile> {
  const first = new Uint8Array(mostHeader);
  const there = await readInto(handle, first, 0);
  const header = parseIdxHeader(first.subarray(0, there), path, rank);
  requireIdxSize(header, size, path);
  return {
    header,
    async bytes() {
      const bytes = shared(header);
      const done = await readInto(handle, bytes, header.bytes);
      requireIdxSize(header, header.bytes + done, path);
      return bytes;
    },
    close: () => handle.close(),
  };
}

const mostHeader = 16;

/** What a zipped file may become, in bytes: so much for each of its own, and so much in any case. Pictures come to a tenth at most. */
const mostPerByte = 8;
const freeBytes = 64 * 2 ** 20;

async function openZipped(path: string, rank: 1 | 3, { handle, size }: RegularFile): Promise<IdxFile> {
  const gunzip = createGunzip();
  const input = handle.createReadStream({ autoClose: false });
  input.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  const chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  /** What was unzipped and not taken yet. */
  let rest: Uint8Array = new Uint8Array(0);
  const fill = async (bytes: Uint8Array): Promise<number> => {
    let done = 0;
    while (done < bytes.length) {
      if (rest.length === 0) {
        const next = await chunks.next().catch((error: unknown) => {
          throw new CardinalError(
            `${path} cannot be unzipped, it is truncated or no gzip file: ${messageOf(error)}`,
          );
        });
        if (next.done === true) break;
        rest = next.value;
      }
      const taken = rest.subarray(0, bytes.length - done);
      bytes.set(taken, done);
      done += taken.length;
      rest = rest.subarray(taken.length);
    }
    return done;
  };
  const close = async (): Promise<void> => {
    input.destroy();
    gunzip.destroy();
    await handle.close();
  };
  try {
    const first = new Uint8Array(4 + 4 * rank);
    const header = parseIdxHeader(first.subarray(0, await fill(first)), path, rank);
    if (header.size > mostPerByte * size + freeBytes) {
      throw new CardinalError(
        `${path} has ${size} bytes and says that it unzips to ${header.size}, far more than pictures do: unpack it yourself if that is so (gunzip)`,
      );
    }
    const bytes = async (): Promise<Uint8Array> => {
      const all = shared(header);
      const done = await fill(all);
      const more = done < header.size ? 0 : await fill(new Uint8Array(1));
      requireIdxSize(header, header.bytes + done + more, path, more > 0);
      return all;
    };
    return { header, bytes, close };
  } catch (error) {
    input.destroy();
    gunzip.destroy();
    throw error;
  }
}

function shared({ size }: IdxHeader): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(size));
}
