import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { fileError } from '../files.ts';

const chunkBytes = 2 ** 20;

/**
 * The first part of a file that is being downloaded, with the SHA-256 of what is there. It stays on the disk when a
 * download fails, and the next one goes on from it, in this process or another.
 */
export class PartFile {
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
      file = await open(path, constants.O_RDWR | constants.O_CREAT);
      const hash = createHash('sha256');
      const chunk = new Uint8Array(chunkBytes);
      let length = 0;
      for (;;) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(chunk, 0, chunk.length, length);
        if (bytesRead === 0) return new PartFile(path, file, hash, length);
        hash.update(chunk.subarray(0, bytesRead));
        length += bytesRead;
      }
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

  /** SHA-256 of everything, in hexadecimal digits. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Makes it the finished file: on the disk for certain before it has its name. */
  async finish(path: string): Promise<void> {
    try {
      await this.#file.sync();
      await this.#file.close();
      await rename(this.path, path);
    } catch (error) {
      throw fileError('write', path, error);
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
