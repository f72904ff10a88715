import type { Timed } from './in-time.ts';

/**
 * What a worker decodes at the moment, in memory that its pool looks at: whoever computes without end answers no message. A place
 * for each picture that is under way, with its index + 1 (0: free) and a number that grows with each beginning.
 */
export type WatchedPlaces = Int32Array<SharedArrayBuffer>;

/** One is decoded, and one ahead; more while a batch that failed is given up. */
const places = 4;

export function newWatchedPlaces(): WatchedPlaces {
  return new Int32Array(new SharedArrayBuffer(2 * places * Int32Array.BYTES_PER_ELEMENT));
}

/** In the worker: notes each step of decoding while it goes on. */
export function noting(watched: WatchedPlaces): (index: number) => Timed {
  return (index) => async (step) => {
    const place = watched.findIndex((value, at) => at % 2 === 0 && value === 0);
    if (place < 0) return step();
    Atomics.add(watched, place + 1, 1);
    Atomics.store(watched, place, index + 1);
    try {
      return await step();
    } finally {
      Atomics.store(watched, place, 0);
    }
  };
}

/** In the pool: which picture of a worker takes too long. */
export class DecodeWatch {
  readonly #watched: WatchedPlaces;
  readonly #most: number;
  readonly #seen = new Map<number, { readonly turn: number; readonly since: number }>();

  /** `seconds` that a picture may take. */
  constructor(watched: WatchedPlaces, seconds: number) {
    this.#watched = watched;
    this.#most = 1000 * seconds;
  }

  /** The index of a picture that was seen under way for so long, at `now` in milliseconds. */
  overdue(now: number): number | undefined {
    for (let place = 0; place < this.#watched.length; place += 2) {
      const index = Atomics.load(this.#watched, place) - 1;
      const turn = Atomics.load(this.#watched, place + 1);
      const seen = this.#seen.get(place);
      if (index < 0) this.#seen.delete(place);
      else if (seen?.turn !== turn) this.#seen.set(place, { turn, since: now });
      else if (now - seen.since > this.#most) return index;
    }
    return undefined;
  }
}
