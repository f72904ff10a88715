/**
 * So many places, which are taken in the order in which they are asked for. Where each holds memory or a thread, this bounds them; whoever
 * does not want one any more, does not keep the others waiting.
 */
export class Places {
  readonly #waiting = new Set<() => void>();
  #free: number;
  #taken = 0;

  constructor(count: number) {
    this.#free = count;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Gives how to leave the place, which may be called again. Rejects with the reason of `signal` if it is aborted before. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    let isTaken = true;
    this.#taken++;
    return () => {
      if (isTaken) this.#leave();
      isTaken = false;
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        this.#waiting.delete(begin);
        signal.removeEventListener('abort', refuse);
      };
      const begin = (): void => {
        over();
        resolve();
      };
      const refuse = (): void => {
        over();
        // The caller's own reason, whatever it is.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(signal.reason);
      };
      this.#waiting.add(begin);
      signal.addEventListener('abort', refuse);
    });
  }

  #leave(): void {
    this.#taken--;
    const [next] = this.#waiting;
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- of an empty set there is none
    if (next === undefined) this.#free++;
    else next();
  }
}
