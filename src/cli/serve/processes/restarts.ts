/** How often processes that end may be started again, and how soon. */
export interface RestartPolicy {
  /** Milliseconds before the first one is started again; each further one within the window waits twice as long. */
  readonly firstDelay: number;
  /** Milliseconds that one waits at most. */
  readonly mostDelay: number;
  /** Ends within the window that are made good; the next is not. */
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
}

/** A process that ends in each start is given up after less than a minute, one that ends once a minute never. */
export const restartPolicy: RestartPolicy = {
  firstDelay: 250,
  mostDelay: 8_000,
  limit: 8,
  window: 300_000,
};

/** Counts ends of processes, so that one which cannot live is not started in a tight loop. */
export class Restarts {
  readonly #policy: RestartPolicy;
  #ends: number[] = [];

  constructor(policy: RestartPolicy = restartPolicy) {
    this.#policy = policy;
  }

  /** Milliseconds after which the process that ended `now` is to be started again; undefined if too many have. */
  ended(now: number): number | undefined {
    const { firstDelay, mostDelay, limit, window } = this.#policy;
    this.#ends = [...this.#ends.filter((end) => now - end < window), now];
    if (this.#ends.length > limit) return undefined;
    return Math.min(mostDelay, firstDelay * 2 ** (this.#ends.length - 1));
  }

  /** Somebody has mended the cause, or says so. */
  forget(): void {
    this.#ends = [];
  }
}
