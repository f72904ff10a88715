/** The requests to a worker that have no answer yet: it answers in the order in which it was asked. */
export class Answers {
  readonly #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #ended: Error | undefined;
  #tell: (reason: string) => void = () => undefined;

  get awaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Posts a request and resolves with its answer. Rejects if the worker ends, or has ended, and then posts nothing. */
  of(post: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.push({ resolve, reject });
      post();
    });
  }

  /** The worker has answered. */
  came(): void {
    this.#waiting.shift()?.resolve();
  }

  /** Whom to tell when the worker ends. */
  onEnd(handler: (reason: string) => void): void {
    this.#tell = handler;
  }

  /** The worker has ended; that it did once more is no news. */
  end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#tell(error.message);
  }
}
