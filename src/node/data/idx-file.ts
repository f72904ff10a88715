import { createGunzip } from 'node:zlib';
import { CardinalError, messageOf } from '../../base/errors.ts';
import { parseIdxHeader, requireIdxSize, type IdxHeader } from '../../data/idx.ts';
import { failing } from '../../base/file-errors.ts';
import { mebibytes } from '../../base/mebibytes.ts';
import { memory } from '../memory.ts';
import type { IdxFile } from '../../data/record-files.ts';
import { openRegular, readInto, type RegularFile } from '../regular-file.ts';

/**
 * Opens an IDX file, zipped if its name ends in `.gz`. Its header says how much it holds: no more is taken out of it, whatever
 * it would become.
 *
 * @throws CardinalError if it cannot be read or unzipped or is none, or says that it is far larger than it can be
 */
export async function openIdx(path: string, rank: 1 | 3): Promise<IdxFile> {
  const file = await openRegular(path).catch(failing('read', path));
  try {
    return path.endsWith('.gz') ? await openZipped(path, rank, file) : await openPlain(path, rank, file);
  } catch (error) {
    // The first error is the one to report.
    await file.handle.close().catch(() => undefined);
    throw error;
  }
}

async function openPlain(path: string, rank: 1 | 3, { handle, size }: RegularFile): Promise<IdxFile> {
  const first = new Uint8Array(mostHeader);
  const there = await readInto(handle, first, 0).catch(failing('read', path));
  const header = parseIdxHeader(first.subarray(0, there), path, rank);
  requireIdxSize(header, size, path);
  const bytes = async (): Promise<Uint8Array> => {
    const all = shared(header, path);
    const done = await readInto(handle, all, header.bytes).catch(failing('read', path));
    requireIdxSize(header, header.bytes + done, path);
    return all;
  };
  return {
    header,
    bytes,
    records: async () => ({ kind: 'memory', bytes: await bytes() }),
    close: () => handle.close().catch(failing('close', path)),
  };
}

const mostHeader = 16;

/** What gzip packs into a byte at most, and what it may put around it. Drawings in black and white come to a twentieth. */
const mostPerByte = 1032;
const around = 2 ** 16;

async function openZipped(path: string, rank: 1 | 3, { handle, size }: RegularFile): Promise<IdxFile> {
  const gunzip = createGunzip();
  // Whoever reads it gets its error; one that comes when nobody reads any more would end the process.
  gunzip.on('error', () => undefined);
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
    await handle.close().catch(failing('close', path));
  };
  try {
    const first = new Uint8Array(4 + 4 * rank);
    const header = parseIdxHeader(first.subarray(0, await fill(first)), path, rank);
    if (header.size > mostPerByte * size + around) {
      throw new CardinalError(
        `${path} has ${size} bytes and claims to unzip to ${header.size}, more than gzip packs into so few: the file is damaged`,
      );
    }
    const bytes = async (): Promise<Uint8Array> => {
      const all = shared(header, path);
      const done = await fill(all);
      requireIdxSize(header, header.bytes + done, path);
      if ((await fill(new Uint8Array(1))) > 0) {
        throw new CardinalError(`${path} unzips to more bytes than its header says`);
      }
      return all;
    };
    return { header, bytes, records: async () => ({ kind: 'memory', bytes: await bytes() }), close };
  } catch (error) {
    input.destroy();
    gunzip.destroy();
    throw error;
  }
}

/** Room for all of a file, if the machine has it. */
function shared({ size }: IdxHeader, path: string): Uint8Array {
  const { total, limit = total } = memory();
  if (size > limit) {
    throw new CardinalError(
      `${path} holds ${mebibytes(size)} of pictures, and there are ${mebibytes(limit)} of memory: use fewer pictures, or a larger machine`,
    );
  }
  return new Uint8Array(new SharedArrayBuffer(size));
}
