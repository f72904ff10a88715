/**
 * One abort for any number of listeners, a signal for each: Node warns of more than ten listeners on one signal, as of a leak, and
 * other platforms have no way to know that they are meant.
 */
export class ManySignals {
  readonly #open = new Set<AbortController>();
  #reason: unknown;
  #isAborted = false;

  /** Does `work` with a signal of its own, which is aborted with all others; at once if they were. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, close } = this.open();
    try {
      return await work(signal);
    } finally {
      close();
    }
  }

  /** A signal of one's own, to be closed when nothing listens to it any more. */
  open(): { readonly signal: AbortSignal; readonly close: () => void } {
    const controller = new AbortController();
    if (this.#isAborted) controller.abort(this.#reason);
    else this.#open.add(controller);
    return { signal: controller.signal, close: () => void this.#open.delete(controller) };
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    for (const controller of this.#open) controller.abort(reason);
    this.#open.clear();
  }
}
