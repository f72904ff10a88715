import { CardinalError } from '../base/errors.ts';
import { bytes } from '../report/format.ts';
import { HubError } from './hub-error.ts';

/** What a download of unknown length leaves of the room there is, in bytes. */
const reserve = 2 ** 28;

/** What may be written where downloads are kept. */
export interface Space {
  /** Free bytes; infinite where that is not known. */
  free(): Promise<number>;
  /** What has so much free, and what to do about it: `the disk of … has 3 GiB free: make room`. */
  tooSmall(free: string): string;
}

/** How much of a file may be written, by its kind and by the room there is. */
export class Room {
  readonly #what: string;
  readonly #most: number;
  readonly #space: Space;

  constructor(what: string, most: number, space: Space) {
    this.#what = what;
    this.#most = most;
    this.#space = space;
  }

  /** Throws a `CardinalError` if a file of `size` bytes, of which `received` are there, is too large. */
  async check(size: number, received: number): Promise<void> {
    if (size > this.#most) {
      throw new HubError(
        `${this.#what} has ${bytes(size)}, more than the ${bytes(this.#most)} that are taken of such a file`,
        { fault: 'wrong' },
      );
    }
    const free = await this.#space.free();
    if (size - received > free) {
      throw new CardinalError(
        `${this.#what} has ${bytes(size)}, of which ${bytes(size - received)} are to come, and ${this.#space.tooSmall(bytes(free))}`,
      );
    }
  }

  /** The most bytes that are written of a file of unknown length, of which `received` are there. */
  async limit(received: number): Promise<number> {
    const free = await this.#space.free();
    return Math.max(0, Math.min(this.#most, received + free - reserve));
  }
}
