import { DisposedError } from './errors.ts';

/**
 * Runs asynchronous work one piece at a time, in the order in which it was asked for: what a public object that computes
 * needs so that concurrent callers do not write over each other's inputs. Work that fails does not stop what follows it.
 *
 *     const logits = await turns.take(async () => { program.write('input', x); await program.run('forward'); … });
 */
export class Turns {
  readonly #owner: string;
  #last: Promise<unknown> = Promise.resolve();
  /** Pieces of work that run or wait. */
  #pieces = 0;
  #closed = false;

  /** `owner` names the object in errors. */
  constructor(owner: string) {
    this.#owner = owner;
  }

  /** Whether something runs or waits; if not, what is taken next begins at once, before `take` returns. */
  get busy(): boolean {
    return this.#pieces > 0;
  }

  /** @throws {DisposedError} if `close` was called before the work's turn came. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#disposed());
    const begin = async (): Promise<T> => {
      if (this.#closed) throw this.#disposed();
      return await work();
    };
    const turn = this.busy ? this.#last.then(begin) : begin();
    this.#pieces++;
    const end = (): void => {
      this.#pieces--;
    };
    this.#last = turn.then(end, end);
    return turn;
  }

  /** Refuses new work and what still waits; resolves when the piece that is running is over. May be called again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  #disposed(): DisposedError {
    return new DisposedError(`${this.#owner} was disposed of; make another to use it`);
  }
}
