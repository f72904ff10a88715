/** Measures speed and guesses the time that is left. Times are in milliseconds, from `performance.now()`. */
export class Meter {
  #steps = 0;
  #stepMs = 0;
  #evaluationMs = 0;
  #last = performance.now();

  /** Begins to measure; what happened since the last call counts for nothing. */
  resume(): void {
    this.#last = performance.now();
  }

  /** A step is done. The mean is over all at first, and over about the last 20 later. */
  step(): void {
    this.#steps++;
    this.#stepMs += (this.#lap() - this.#stepMs) / Math.min(this.#steps, 20);
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
    const now = performance.now();
    const elapsed = now - this.#last;
    this.#last = now;
    return elapsed;
  }
}

/**
 * Lets everything else that waits run: signals, messages of workers, drawing. A promise alone does not, because
 * microtasks come first.
 */
export function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => void setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
