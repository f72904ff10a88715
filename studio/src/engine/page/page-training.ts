import type { trainOn } from 'cardinal-nn/web';

type Data = Parameters<typeof trainOn>[0];

/** What a run is told to do by who began it. */
export interface Directions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: { readonly type: string }) => void;
}

/** A run that this page trains. */
export class PageTraining {
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
  async begin(
    data: () => Promise<Data>,
    train: (data: Data, on: Directions) => Promise<unknown>,
  ): Promise<void> {
    const begun = Promise.withResolvers<undefined>();
    const onEvent = ({ type }: { readonly type: string }): void => {
      if (type === 'start') begun.resolve(undefined);
    };
    const run = async (): Promise<unknown> => train(await data(), { signal: this.#end.signal, onEvent });
    run().then(
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

  /** It does not begin. */
  fail(error: unknown): void {
    this.#over.resolve(error);
  }

  /** Ends it with a checkpoint. */
  async stop(): Promise<void> {
    this.#end.abort(new Error('stopped in the studio'));
    await this.over;
  }
}
