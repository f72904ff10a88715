import * as portable from '../../../run/training/run.ts';
import { runPlatform } from '../../../node/run-platform.ts';
import type { RunRequest } from '../../../run/training/options.ts';

/** A run that the studio trains. */
export class Training {
  /** Its folder, once that is known. */
  path: string | undefined;
  /** Resolves when it is over, with the error that ended it. */
  readonly over: Promise<unknown>;
  readonly #controller = new AbortController();
  readonly #over = Promise.withResolvers<unknown>();

  constructor() {
    this.over = this.#over.promise;
  }

  /** Resolves when the first step is about to be done; rejects if it does not come so far. */
  async begin(request: Omit<RunRequest, 'onEvent' | 'listen'>): Promise<void> {
    const begun = Promise.withResolvers<undefined>();
    const running = portable.trainRun(
      {
        ...request,
        listen: () => this.#controller.signal,
        onEvent: ({ type }) => {
          if (type === 'start') begun.resolve(undefined);
        },
      },
      // In a thread of its own: this one answers the page.
      runPlatform(undefined, { isolated: true }),
    );
    running.then(
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

  /** Ends it with a checkpoint. */
  async stop(): Promise<void> {
    this.#controller.abort(new Error('stopped in the studio'));
    await this.over;
  }
}
