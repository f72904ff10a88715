import { createHash, type Hash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { CardinalError } from '../../base/errors.ts';
import { fileError, hasCode } from '../../base/file-errors.ts';
import type { Checksum } from '../../hub/checksum.ts';
import type { Part } from '../../hub/download.ts';
import { chunksOf, otherChecksum } from './checksum.ts';

/**
 * The first part of a file that is being downloaded, with the SHA-256 of what is there. It stays on the disk when a
 * download fails, and the next one goes on from it, in this process or another.
 */
export class PartFile implements Part {
  readonly path: string;
  readonly #file: FileHandle;
  #hash: Hash;
  #length: number;

  private constructor(path: string, file: FileHandle, hash: Hash, length: number) {
    this.path = path;
    this.#file = file;
    this.#hash = hash;
    this.#length = length;
  }

  /** Opens or makes it. What is there is read, to be part of the hash. */
  static async open(path: string, signal?: AbortSignal): Promise<PartFile> {
    let file: FileHandle | undefined;
    try {
      file = await openOwn(path);
      const hash = createHash('sha256');
      let length = 0;
      for await (const chunk of chunksOf(file, (await file.stat()).size, signal)) {
        hash.update(chunk);
        length += chunk.length;
      }
      return new PartFile(path, file, hash, length);
    } catch (error) {
      await file?.close().catch(() => undefined);
      signal?.throwIfAborted();
      throw fileError('open', path, error);
    }
  }

  /** Bytes that are there. */
  get length(): number {
    return this.#length;
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      let done = 0;
      while (done < chunk.length) {
        const { bytesWritten } = await this.#file.write(
          chunk,
          done,
          chunk.length - done,
          this.#length + done,
        );
        done += bytesWritten;
      }
    } catch (error) {
      throw fileError('write', this.path, error);
    }
    this.#hash.update(chunk);
    this.#length += chunk.length;
  }

  /** Throws away what is there. */
  async restart(): Promise<void> {
    await this.#file.truncate(0).catch((error: unknown) => {
      throw fileError('write', this.path, error);
    });
    this.#hash = createHash('sha256');
    this.#length = 0;
  }

  /** What everything that is there has instead of a checksum, in hexadecimal digits; undefined if it is what is promised. */
  async otherChecksum(checksum: Checksum, signal?: AbortSignal): Promise<string | undefined> {
    if (checksum.name !== 'SHA-256') return otherChecksum(checksum, this.#file, this.#length, signal);
    const digits = this.#hash.copy().digest('hex');
    return digits === checksum.digits ? undefined : digits;
  }

  /** Makes it the finished file: on the disk for certain before it has its name. */
  async finish(path: string): Promise<void> {
    try {
      await this.#file.sync();
      const [verified, named] = await Promise.all([this.#file.stat(), lstat(this.path)]);
      await this.#file.close();
      if (!isSame(verified, named)) throw new CardinalError(`${this.path} was replaced while it was written`);
      await rename(this.path, path);
    } catch (error) {
      throw error instanceof CardinalError ? error : fileError('write', path, error);
    }
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true }).catch(() => undefined);
  }
}

/**
 * An ordinary file of our own by this name alone. Whoever may write into the folder might have put a link there, for us to write
 * where it leads: that is taken away, and the file made anew.
 */
async function openOwn(path: string): Promise<FileHandle> {
  for (let round = 1; ; round++) {
    const file = await openThere(path);
    const stats = await file?.stat();
    if (file !== undefined && stats !== undefined && isOwn(stats)) return file;
    await file?.close();
    await rm(path, { force: true });
    try {
      return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL);
    } catch (error) {
      // Put there again in between.
      if (!hasCode(error, 'EEXIST') || round === 3) throw error;
    }
  }
}

/** What is there, links not followed and nothing waited for; undefined if nothing is or it is no file. */
async function openThere(path: string): Promise<FileHandle | undefined> {
  const { O_RDWR, O_NOFOLLOW, O_NONBLOCK } = constants as Partial<typeof constants>;
  try {
    // Windows knows neither.
    if (O_NOFOLLOW === undefined && (await lstat(path)).isSymbolicLink()) return undefined;
    return await open(path, (O_RDWR ?? 0) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EMLINK', 'ENXIO', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function isOwn(stats: Stats): boolean {
  return stats.isFile() && stats.nlink === 1 && [undefined, stats.uid].includes(process.getuid?.());
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
