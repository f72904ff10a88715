import type { DisposeOptions } from './disposal.ts';
import { DisposedError } from './errors.ts';

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: DisposedError) => void;
}

/**
 * Runs asynchronous work one piece at a time, in the order in which it was asked for: what a public object that computes
 * needs so that concurrent callers do not write over each other's inputs. Work that fails does not stop what follows it.
 *
 *     const logits = await turns.take(async () => { program.write('input', x); await program.run('forward'); … });
 *
 * With `atOnce` so many pieces run at a time, and begin in that order: where each holds memory, of a decoded picture say.
 */
export class Turns {
  readonly #atOnce: number;
  readonly #running = new Set<Promise<unknown>>();
  readonly #waiting: Waiting[] = [];
  #taken = 0;
  #closed = false;
  #reason: string;

  /** `owner` names the object in errors. */
  constructor(owner: string, { atOnce = 1 }: { readonly atOnce?: number } = {}) {
    this.#reason = `${owner} was disposed of; make another to use it`;
    this.#atOnce = atOnce;
  }

  /** Whether work that is taken now has to wait; if not, it begins at once, before `take` returns. */
  get busy(): boolean {
    return this.#taken >= this.#atOnce;
  }

  /** @throws {DisposedError} if `close` was called before, or without `drain` before the work's turn came. */
  take<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(this.#disposed());
    const begin = async (): Promise<T> => {
      try {
        return await work();
      } finally {
        this.#leave();
      }
    };
    // Before it begins: it may close these turns itself, and is waited for as well.
    const over = Promise.withResolvers<undefined>();
    this.#running.add(over.promise);
    let turn: Promise<T>;
    if (this.busy) {
      turn = new Promise<void>((resolve, reject) =>
        this.#waiting.push({ begin: resolve, refuse: reject }),
      ).then(begin);
    } else {
      this.#taken++;
      turn = begin();
    }
    const end = (): void => {
      this.#running.delete(over.promise);
      over.resolve(undefined);
    };
    turn.then(end, end);
    return turn;
  }

  /** @throws {DisposedError} if `close` was called. */
  check(): void {
    if (this.#closed) throw this.#disposed();
  }

  /**
   * Refuses new work and, unless it is to `drain`, what still waits; resolves when the rest is over. May be called again.
   * `reason` is for who is refused.
   */
  async close({ drain = false, reason }: DisposeOptions & { readonly reason?: string } = {}): Promise<void> {
    this.#closed = true;
    if (reason !== undefined) this.#reason = reason;
    if (!drain) for (const { refuse } of this.#waiting.splice(0)) refuse(this.#disposed());
    await Promise.all(this.#running);
  }

  /** Hands the place on to who has waited longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken--;
    else next.begin();
  }

  #disposed(): DisposedError {
    return new DisposedError(this.#reason);
  }
}
