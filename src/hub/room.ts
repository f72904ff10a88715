import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CardinalError } from '../base/errors.ts';
import { bytes } from '../report/format.ts';
import { HubError } from './hub-error.ts';

/** What a download of unknown length leaves of the disk, in bytes. */
const reserve = 2 ** 28;

/** How much of a file may be written, by its kind and by the disk. */
export class Room {
  readonly #what: string;
  readonly #folder: string;
  readonly #most: number;
  readonly #freeBytes: (folder: string) => Promise<number>;

  constructor(
    what: string,
    { partPath, most }: { readonly partPath: string; readonly most: number },
    free: (folder: string) => Promise<number> = freeBytes,
  ) {
    this.#what = what;
    this.#folder = dirname(partPath);
    this.#most = most;
    this.#freeBytes = free;
  }

  /** Throws a `CardinalError` if a file of `size` bytes, of which `received` are there, is too large. */
  async check(size: number, received: number): Promise<void> {
    if (size > this.#most) {
      throw new HubError(
        `${this.#what} has ${bytes(size)}, more than the ${bytes(this.#most)} that are taken of such a file`,
        { fault: 'wrong' },
      );
    }
    const free = await this.#freeBytes(this.#folder);
    if (size - received > free) {
      throw new CardinalError(
        `${this.#what} has ${bytes(size)}, of which ${bytes(size - received)} are to come, and the disk of ${this.#folder} has ${bytes(free)} free: make room, or name another folder with HF_HUB_CACHE`,
      );
    }
  }

  /** The most bytes that are written of a file of unknown length, of which `received` are there. */
  async limit(received: number): Promise<number> {
    const free = await this.#freeBytes(this.#folder);
    return Math.max(0, Math.min(this.#most, received + free - reserve));
  }
}

/** Bytes that may be written into a folder; infinite where the system does not report it. */
async function freeBytes(folder: string): Promise<number> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Infinity,
  );
}
