/** Measures speed and guesses the time that is left. Times are in milliseconds; `now` is the clock. */
export class Meter {
  #steps = 0;
  #stepMs = 0;
  #waitMs = 0;
  #waited = 0;
  #evaluationMs = 0;
  readonly #now: () => number;
  #last: number;

  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#last = now();
  }

  /** Begins to measure; what happened since the last call counts for nothing. */
  resume(): void {
    this.#last = this.#now();
  }

  /** A step is done. The mean is over all at first, and over about the last 20 later. */
  step(): void {
    this.#steps++;
    const share = 1 / Math.min(this.#steps, 20);
    this.#stepMs += (this.#lap() - this.#stepMs) * share;
    this.#waitMs += (this.#waited - this.#waitMs) * share;
    this.#waited = 0;
  }

  /** Measures how long the step that is begun waits for its pictures. */
  async waitFor<T>(pictures: Promise<T>): Promise<T> {
    const before = this.#now();
    const loaded = await pictures;
    this.#waited += this.#now() - before;
    return loaded;
  }

  /** Share of a step's time that it waited for its pictures. */
  get waiting(): number {
    return Math.min(1, this.#waitMs / Math.max(this.#stepMs, 1e-3));
  }

  /** An evaluation is done. */
  evaluation(): void {
    this.#evaluationMs = this.#lap();
  }

  get stepsPerSecond(): number {
    return 1000 / Math.max(this.#stepMs, 1e-3);
  }

  secondsFor(steps: number, evaluations: number): number {
    return (steps * this.#stepMs + evaluations * this.#evaluationMs) / 1000;
  }

  #lap(): number {
    const now = this.#now();
    const elapsed = now - this.#last;
    this.#last = now;
    return elapsed;
  }
}
