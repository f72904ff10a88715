import { DisposedError } from './errors.ts';

/**
 * Runs asynchronous work one piece at a time, in the order in which it was asked for: what a public object that computes
 * needs so that concurrent callers do not write over each other's inputs. Work that fails does not stop what follows it.
 *
 *     const logits = await turns.take(async () => { program.write('input', x); await program.run('forward'); … });
 *
 * With `atOnce` so many pieces run at a time, and begin in that order: where each holds memory, of a decoded picture say.
 */
export class Turns {
  readonly #owner: string;
  readonly #atOnce: number;
  readonly #running = new Set<Promise<unknown>>();
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #closed = false;

  /** `owner` names the object in errors. */
  constructor(owner: string, { atOnce = 1 }: { readonly atOnce?: number } = {}) {
    this.#owner = owner;
    this.#atOnce = atOnce;
  }

  /** Whether work that is taken now has to wait; if not, it begins at once, before `take` returns. */
  get busy(): boolean {
    return this.#taken >= this.#atOnce;
  }

  /** @throws {DisposedError} if `close` was called before the work's turn came. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#disposed());
    const begin = async (): Promise<T> => {
      try {
        if (this.#closed) throw this.#disposed();
        return await work();
      } finally {
        this.#leave();
      }
    };
    let turn: Promise<T>;
    if (this.busy) {
      turn = new Promise<void>((resolve) => this.#waiting.push(resolve)).then(begin);
    } else {
      this.#taken++;
      turn = begin();
    }
    const over: Promise<unknown> = turn.then(
      () => this.#running.delete(over),
      () => this.#running.delete(over),
    );
    this.#running.add(over);
    return turn;
  }

  /** @throws {DisposedError} if `close` was called. */
  check(): void {
    if (this.#closed) throw this.#disposed();
  }

  /** Refuses new work and what still waits; resolves when what is running is over. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#running);
  }

  /** Hands the place on to who has waited longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken--;
    else next();
  }

  #disposed(): DisposedError {
    return new DisposedError(`${this.#owner} was disposed of; make another to use it`);
  }
}
