import { failing } from '../../base/file-errors.ts';
import { requireInside, type ByteSource } from '../../weights/byte-source.ts';
import type { FilePlatform } from '../folder/file-system.ts';

/** A file that is read in pieces. */
export interface FileSource extends ByteSource {
  close(): Promise<void>;
}

/** Opens a file to be read in pieces. Throws a `CardinalError` if it is not there, or not ours to read. */
export async function openFileSource(path: string, { files }: FilePlatform): Promise<FileSource> {
  const failed = failing('read', path);
  const file = await files.open(path, 'r').catch(failed);
  const { size } = await file.stat().catch(failed);
  return {
    name: path,
    size,
    async read(begin, length) {
      requireInside({ name: path, size }, begin, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const read = await file.read(bytes.subarray(done), begin + done).catch(failed);
        // It was cut meanwhile.
        if (read === 0) requireInside({ name: path, size: begin + done }, begin, length);
        done += read;
      }
      return bytes;
    },
    close: () => file.close().catch(() => undefined),
  };
}

/** What is read of a file at a time. */
const pieceBytes = 1 << 20;

/** A part of a file from its `begin` on, piece by piece. */
export async function* piecesOf(
  source: ByteSource,
  begin: number,
  length: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < length; at += pieceBytes) {
    signal?.throwIfAborted();
    yield await source.read(begin + at, Math.min(pieceBytes, length - at));
  }
}
