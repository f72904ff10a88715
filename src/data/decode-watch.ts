import type { Timed } from './in-time.ts';
import { canShare } from './shared-memory.ts';

/**
 * What a worker decodes at the moment, in memory that its pool looks at: whoever computes without end answers no message. A place
 * for each picture that is under way, with its index + 1 (0: free) and a number that grows with each beginning.
 */
export type WatchedPlaces = Int32Array<SharedArrayBuffer>;

/** A step of decoding begins, or the one of that turn has ended. */
export interface DecodingNote {
  readonly turn: number;
  /** The sample; undefined at the end. */
  readonly decoding: number | undefined;
}

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

/** In a worker that shares no memory: tells each step of decoding, before whatever may keep it busy. */
export function telling(tell: (note: DecodingNote) => void): (index: number) => Timed {
  let turns = 0;
  return (index) => async (step) => {
    const turn = ++turns;
    tell({ turn, decoding: index });
    try {
      return await step();
    } finally {
      tell({ turn, decoding: undefined });
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

/**
 * The same from what a worker tells. What counts is how often a picture was seen under way, not for how long: who looks may have been
 * busy meanwhile, and not have read that it is done.
 */
export class ToldWatch {
  readonly #most: number;
  readonly #underWay = new Map<number, { readonly index: number; seen: number }>();

  /** `most` looks at which a picture may be under way. */
  constructor(most: number) {
    this.#most = most;
  }

  note({ turn, decoding }: DecodingNote): void {
    if (decoding === undefined) this.#underWay.delete(turn);
    else this.#underWay.set(turn, { index: decoding, seen: 0 });
  }

  /** The index of a picture that was under way at more than so many looks, this one included. */
  overdue(): number | undefined {
    for (const step of this.#underWay.values()) if (++step.seen > this.#most) return step.index;
    return undefined;
  }
}

/** A pool's look at one of its threads. */
export interface Watching {
  /** What the thread gets with its setup. */
  readonly watched: WatchedPlaces | 'told';
  /** Takes what the thread tells. */
  note(note: DecodingNote): void;
  /** The index of a picture that takes too long, `now` in milliseconds. */
  overdue(now: number): number | undefined;
}

/** Watches a thread whose pictures may take `seconds`, in which there are so many `looks`. */
export function watchFor(seconds: number, looks: number): Watching {
  if (canShare()) {
    const watched = newWatchedPlaces();
    const watch = new DecodeWatch(watched, seconds);
    return { watched, note: () => undefined, overdue: (now) => watch.overdue(now) };
  }
  const told = new ToldWatch(looks);
  return {
    watched: 'told',
    note: (note) => {
      told.note(note);
    },
    overdue: () => told.overdue(),
  };
}
