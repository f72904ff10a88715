import { signal, type ReadonlySignal } from '@preact/signals';

/** How a question to the engine stands. */
export type Answer<T> =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting'; readonly done: number; readonly of: number }
  | { readonly kind: 'there'; readonly value: T }
  | { readonly kind: 'failed'; readonly message: string };

/** A question of which only the newest counts: asking again ends the one before. */
export class Question<T> {
  readonly #answer = signal<Answer<T>>({ kind: 'none' });
  #asking: AbortController | undefined;

  get answer(): ReadonlySignal<Answer<T>> {
    return this.#answer;
  }

  ask(work: (signal: AbortSignal, progress: (done: number, of: number) => void) => Promise<T>): void {
    this.clear();
    const asking = (this.#asking = new AbortController());
    const set = (answer: Answer<T>): void => {
      if (this.#asking === asking) this.#answer.value = answer;
    };
    set({ kind: 'waiting', done: 0, of: 0 });
    work(asking.signal, (done, of) => {
      set({ kind: 'waiting', done, of });
    }).then(
      (value) => {
        set({ kind: 'there', value });
      },
      (error: unknown) => {
        set({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
      },
    );
  }

  clear(): void {
    this.#asking?.abort();
    this.#asking = undefined;
    this.#answer.value = { kind: 'none' };
  }
}
