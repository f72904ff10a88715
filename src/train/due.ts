/** Default minutes between checkpoints. */
export const usualCheckpointMinutes = 5;

/** Saving takes no more of the time than one part in so many, however slow the disk is. */
const largestShare = 20;

/** Tells when a checkpoint is due. Times are in milliseconds; `now` is the clock. */
export class Due {
  readonly #every: number;
  readonly #pause: number;
  readonly #now: () => number;
  #savedAt: number;
  #took = 0;

  /** Every so many steps, and so many minutes after the last one; 0: not by the clock. */
  constructor(
    {
      every = Infinity,
      minutes = usualCheckpointMinutes,
    }: { readonly every?: number | undefined; readonly minutes?: number | undefined },
    now: () => number,
  ) {
    this.#every = every;
    this.#pause = minutes === 0 ? Infinity : 60_000 * minutes;
    this.#now = now;
    this.#savedAt = now();
  }

  bySteps(step: number): boolean {
    return step % this.#every === 0;
  }

  get byClock(): boolean {
    const pause = Math.max(this.#pause, (largestShare - 1) * this.#took);
    return this.#now() - this.#savedAt >= pause;
  }

  /** One that was begun at `begun` is on the disk. */
  saved(begun: number): void {
    this.#savedAt = this.#now();
    this.#took = this.#savedAt - begun;
  }
}
