/** What a run is told by the platform that began it. */
export interface TrainingDirections {
  /** Aborted when it is to end, with a checkpoint. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: { readonly type: string }) => void;
}

/** A run that a platform trains. */
export class Training {
  /** Where it lies, once that is known. */
  path: string | undefined;
  /** Resolves when it is over, with the error that ended it. */
  readonly over: Promise<unknown>;
  readonly #over = Promise.withResolvers<unknown>();
  readonly #end = new AbortController();

  constructor() {
    this.over = this.#over.promise;
  }

  /** Resolves when the first step is about to be done; rejects if it does not come so far. */
  async begin(train: (directions: TrainingDirections) => Promise<unknown>): Promise<void> {
    const begun = Promise.withResolvers<undefined>();
    const onEvent = ({ type }: { readonly type: string }): void => {
      if (type === 'start') begun.resolve(undefined);
    };
    train({ signal: this.#end.signal, onEvent }).then(
      () => {
        begun.resolve(undefined);
        this.#over.resolve(undefined);
      },
      (error: unknown) => {
        begun.reject(error);
        this.#over.resolve(error);
      },
    );
    await begun.promise;
  }

  /** It does not begin: whoever waits for its end need not. */
  fail(error: unknown): void {
    this.#over.resolve(error);
  }

  /** Ends it with a checkpoint. */
  async stop(): Promise<void> {
    this.#end.abort(new Error('stopped in the studio'));
    await this.over;
  }
}
