import type { Other } from './judge.ts';

/** What was seen of a lock file, and for how long nothing else was. */
interface Seen {
  readonly text: string;
  readonly at: number;
  readonly still: number;
}

/**
 * Tells by the heartbeats of others whether they live, by the clock of this process alone. A file that changes is of a live
 * process; one that has not changed for `stale` milliseconds is of a dead one.
 */
export class Watch {
  readonly #stale: number;
  /** The most that may lie between two looks to count: while this process stood still, the others may have, too. */
  readonly #longest: number;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();

  constructor(stale: number, longest: number, now: () => number = () => performance.now()) {
    this.#stale = stale;
    this.#longest = longest;
    this.#now = now;
  }

  /** The verdict on a file that was just looked at. */
  verdictOn({ name, text, verdict }: Other): Other['verdict'] {
    if (verdict !== 'unsure') return verdict;
    const at = this.#now();
    const seen = this.#seen.get(name);
    if (seen !== undefined && seen.text !== text) {
      this.#seen.set(name, { text, at, still: 0 });
      return 'alive';
    }
    const still = seen === undefined ? 0 : seen.still + Math.min(at - seen.at, this.#longest);
    this.#seen.set(name, { text, at, still });
    return still >= this.#stale ? 'dead' : 'unsure';
  }
}
