import { constants, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { NotReadableError } from '../base/file-errors.ts';

/** An ordinary file, open for reading, with the handle to close when it is done with. */
export interface RegularFile {
  readonly handle: FileHandle;
  /** In bytes, when it was opened. Files that the kernel makes up, as in /proc, have 0 and hold more. */
  readonly size: number;
}

/** The most that is read of a file whole, in bytes: 2 GiB, as in Node's own `readFile`. */
export const mostWhole = 2 ** 31;

/** What is read at a time of a file whose size is not known. */
const chunkBytes = 65_536;

/** One call of the system reads less than 2 GiB. */
const mostAtOnce = 2 ** 30;

/**
 * Opens an ordinary file, or what a symbolic link to one leads to, for reading. Never waits, whatever lies there: a pipe without
 * a writer, a device, a socket.
 *
 * @throws NotReadableError if it is anything else, saying what; the file system's own error if it is not there or not ours to read
 */
export async function openRegular(path: string): Promise<RegularFile> {
  // Before it is opened: to open a device may do something. And once more when it is, because it may have been replaced.
  requireRegular(path, await stat(path));
  // O_NONBLOCK is unknown on Windows, where nothing waits.
  const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
  const handle = await open(path, flags);
  try {
    const opened = await handle.stat();
    requireRegular(path, opened);
    return { handle, size: opened.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * The bytes of an ordinary file, at most `most`: those that it had when it was opened, however it grows meanwhile, fewer if it
 * shrinks. They are a buffer of their own.
 *
 * @throws what `openRegular` throws; NotReadableError if the file is larger too
 */
export async function readRegular(path: string, most = mostWhole): Promise<Uint8Array<ArrayBuffer>> {
  const { handle, size } = await openRegular(path);
  try {
    if (size > most) throw tooLarge(path, String(size), most);
    if (size === 0) return await readUnsized(handle, path, most);
    const bytes = new Uint8Array(size);
    const there = await readInto(handle, bytes, 0);
    return there === size ? bytes : bytes.slice(0, there);
  } finally {
    await handle.close();
  }
}

/**
 * So many bytes of an ordinary file from `position` on, in a buffer of their own.
 *
 * @throws what `openRegular` throws; NotReadableError if the file ends before them
 */
export async function readRegularRange(
  path: string,
  position: number,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { handle, size: whole } = await openRegular(path);
  try {
    const bytes = new Uint8Array(position + size <= whole ? size : 0);
    if (bytes.length === size && (await readInto(handle, bytes, position)) === size) return bytes;
    throw new NotReadableError(
      path,
      `it ends before byte ${position + size}: it is not what it was when it was indexed`,
    );
  } finally {
    await handle.close();
  }
}

/** Throws a `NotReadableError` that names what it is instead, unless it is an ordinary file. */
export function requireRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const [, found, advice = ''] = specialKinds.find(([is]) => is(stats)) ?? [undefined, 'something else'];
  throw new NotReadableError(path, `it is ${found}, not a file${advice}`);
}

const specialKinds: readonly (readonly [is: (stats: Stats) => boolean, name: string, advice?: string])[] = [
  [(stats) => stats.isDirectory(), 'a folder'],
  [(stats) => stats.isFIFO(), 'a pipe', '; save what comes through it, and give the file'],
  [(stats) => stats.isSocket(), 'a socket'],
  [(stats) => stats.isCharacterDevice() || stats.isBlockDevice(), 'a device'],
];

/** Fills `bytes` with what lies at `position`, and returns how many there were: fewer if the file ends before. */
export async function readInto(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const wanted = Math.min(bytes.length - done, mostAtOnce);
    const { bytesRead } = await handle.read(bytes, done, wanted, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function readUnsized(handle: FileHandle, path: string, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (let done = 0; ;) {
    const chunk = new Uint8Array(chunkBytes);
    const there = await readInto(handle, chunk, done);
    chunks.push(chunk.subarray(0, there));
    done += there;
    if (there === 0) return new Uint8Array(Buffer.concat(chunks, done));
    if (done > most) throw tooLarge(path, `more than ${most}`, most);
  }
}

function tooLarge(path: string, bytes: string, most: number): NotReadableError {
  return new NotReadableError(path, `it has ${bytes} bytes, at most ${most} are expected`);
}
