import { failing, fileError } from '../../base/file-errors.ts';
import type { Checksum } from '../../hub/checksum.ts';
import type { Part } from '../../hub/download.ts';
import type { FileSystem, OpenFile } from '../../run/folder/file-system.ts';
import { fileAt } from '../store/file-at.ts';
import { RunningSha256 } from '../running-sha256.ts';
import { otherSum } from './sums.ts';

const pieceBytes = 2 ** 20;

/** The first part of a download in the private file system: it stays when a download is broken off, and the next one goes on from it. */
export class StoredPart implements Part {
  readonly #path: string;
  readonly #files: FileSystem;
  readonly #file: OpenFile;
  #hash: RunningSha256;
  #length: number;

  private constructor(path: string, files: FileSystem, file: OpenFile, hash: RunningSha256, length: number) {
    this.#path = path;
    this.#files = files;
    this.#file = file;
    this.#hash = hash;
    this.#length = length;
  }

  /** Opens or makes it. What is there is read, to be part of the hash. */
  static async open(path: string, files: FileSystem, signal: AbortSignal | undefined): Promise<StoredPart> {
    const file = await files.open(path, 'a').catch(failing('open', path));
    try {
      const hash = new RunningSha256();
      const piece = new Uint8Array(pieceBytes);
      let length = 0;
      for (let more = -1; more !== 0; length += more) {
        signal?.throwIfAborted();
        more = await file.read(piece, Math.max(0, length));
        hash.update(piece.subarray(0, more));
      }
      return new StoredPart(path, files, file, hash, length);
    } catch (error) {
      await file.close().catch(() => undefined);
      signal?.throwIfAborted();
      throw fileError('read', path, error);
    }
  }

  get length(): number {
    return this.#length;
  }

  async append(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length;) {
      done += await this.#file.write(chunk.subarray(done)).catch(failing('write', this.#path));
    }
    this.#hash.update(chunk);
    this.#length += chunk.length;
  }

  async restart(): Promise<void> {
    await this.#file.truncate(0).catch(failing('write', this.#path));
    this.#hash = new RunningSha256();
    this.#length = 0;
  }

  async otherChecksum(checksum: Checksum, signal?: AbortSignal): Promise<string | undefined> {
    if (checksum.name !== 'SHA-256') return otherSum(checksum, await fileAt(this.#path), signal);
    const digits = this.#hash.digest();
    return digits === checksum.digits ? undefined : digits;
  }

  /** Makes it the finished file. */
  async finish(path: string): Promise<void> {
    await this.#file.sync().catch(failing('write', this.#path));
    await this.close();
    await this.#files.rename(this.#path, path).catch(failing('write', path));
  }

  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }

  async remove(): Promise<void> {
    await this.close();
    await this.#files.unlink(this.#path).catch(() => undefined);
  }
}

/** A download where nothing can be kept: the browser has it in memory, or on the disk where it is large. */
export class PassingPart implements Part {
  #blob = new Blob();
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #waiting = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(new Uint8Array(chunk));
    this.#length += chunk.length;
    this.#waiting += chunk.length;
    if (this.#waiting >= 8 * pieceBytes) this.#gather();
    return Promise.resolve();
  }

  restart(): Promise<void> {
    this.#blob = new Blob();
    this.#chunks = [];
    this.#waiting = 0;
    this.#length = 0;
    return Promise.resolve();
  }

  otherChecksum(checksum: Checksum, signal?: AbortSignal): Promise<string | undefined> {
    return otherSum(checksum, this.blob, signal);
  }

  remove(): Promise<void> {
    return this.restart();
  }

  /** All that is there. */
  get blob(): Blob {
    this.#gather();
    return this.#blob;
  }

  #gather(): void {
    this.#blob = new Blob([this.#blob, ...this.#chunks]);
    this.#chunks = [];
    this.#waiting = 0;
  }
}
