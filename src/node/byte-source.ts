import type { FileHandle } from 'node:fs/promises';
import { requireInside, type ByteSource } from '../weights/byte-source.ts';
import { failing } from '../base/file-errors.ts';
import { openRegular, readInto } from './regular-file.ts';

/** A file on the disk as a source of bytes, with the handle to close when it is done with. */
export interface FileByteSource extends ByteSource {
  close(): Promise<void>;
}

/** Opens an ordinary file for reading here and there. Throws a `CardinalError` if it is not there, anything else or not ours to read. */
export async function openFileSource(path: string): Promise<FileByteSource> {
  const { handle, size } = await openRegular(path).catch(failing('read', path));
  return sourceOf(path, size, handle);
}

function sourceOf(path: string, size: number, file: FileHandle): FileByteSource {
  return {
    name: path,
    size,
    close: () => file.close().catch(failing('close', path)),
    async read(begin, length) {
      requireInside({ name: path, size }, begin, length);
      // A buffer of its own, not a part of Node's pool, so that numbers can be seen in it without a copy.
      const bytes = new Uint8Array(length);
      const there = await readInto(file, bytes, begin).catch(failing('read', path));
      // The file became shorter meanwhile.
      if (there < length) requireInside({ name: path, size: begin + there }, begin, length);
      return bytes;
    },
  };
}
