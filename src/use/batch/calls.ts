import type { DisposeOptions } from '../../base/disposal.ts';
import { DisposedError, QueueFullError } from '../../base/errors.ts';
import { ManySignals } from '../../base/many-signals.ts';
import { Turns } from '../../base/turns.ts';
import { orAborted } from '../../base/until-aborted.ts';
import type { Pace } from './pace.ts';

/** A call that was accepted, as the one who does it knows it. */
export interface Call {
  /** Aborted by the caller, and if everything ends while the call waits. */
  readonly signal: AbortSignal;
  /** It waits no more: the last of its pictures is being computed. May be called again. */
  readonly begun: () => void;
}

/** Calls that were accepted and are not over: how many may wait, and how they end. */
export class Calls {
  /** Aborted when nothing is waited for any more: neither the rest of a stream nor the next of several pictures. */
  readonly end = new ManySignals();
  readonly #owner: string;
  readonly #most: number;
  readonly #pace: Pace;
  readonly #running: Turns;
  readonly #open = new Set<AbortController>();
  /** Those of them whose last picture is being computed. */
  readonly #computing = new WeakSet<AbortController>();
  /** Calls that wait, each with how many pictures it has. */
  readonly #waiting = new Set<{ readonly pictures: number }>();

  /** `owner` names what is called in errors; at most `most` calls may wait. */
  constructor(owner: string, most: number, pace: Pace) {
    this.#owner = owner;
    this.#most = most;
    this.#pace = pace;
    this.#running = new Turns(owner, { atOnce: Infinity });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a place among the calls that wait and gives how to leave it, which may be called again.
   * @throws {DisposedError} if no calls are accepted any more.
   * @throws {QueueFullError} if there is none.
   */
  enter(pictures = 1): () => void {
    this.#running.check();
    if (this.#waiting.size >= this.#most) throw this.#full();
    const place = { pictures };
    this.#waiting.add(place);
    return () => void this.#waiting.delete(place);
  }

  /** Does what a call is for, in a place of its own. Throws as `enter`, or with the reason of `signal` as soon as that is aborted. */
  async accept<T>(
    { signal, pictures }: { readonly signal?: AbortSignal | undefined; readonly pictures?: number },
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const leave = this.enter(pictures);
    try {
      return await this.run(signal, work, leave);
    } finally {
      leave();
    }
  }

  /** The same without a place, for a part of a call that has one. `begun` is told when it waits no more. */
  async run<T>(
    signal: AbortSignal | undefined,
    work: (call: Call) => Promise<T>,
    begun: () => void = () => undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    this.#running.check();
    const controller = new AbortController();
    const abort = (): void => {
      controller.abort(signal?.reason);
    };
    this.#open.add(controller);
    signal?.addEventListener('abort', abort);
    const call: Call = {
      signal: controller.signal,
      begun: () => {
        this.#computing.add(controller);
        begun();
      },
    };
    try {
      return await orAborted(
        this.#running.take(() => work(call)),
        controller.signal,
      );
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#open.delete(controller);
    }
  }

  /** Accepts no more calls, and refuses those that wait unless it is to `drain`; resolves when the others are over. */
  async close({ drain = false }: DisposeOptions = {}): Promise<void> {
    const over = this.#running.close({ drain });
    if (!drain) {
      const reason = new DisposedError(`${this.#owner} was disposed of; make another to use it`);
      this.end.abort(reason);
      for (const controller of this.#open) if (!this.#computing.has(controller)) controller.abort(reason);
    }
    await over;
  }

  #full(): QueueFullError {
    let pictures = 0;
    for (const place of this.#waiting) pictures += place.pictures;
    const seconds = this.#pace.secondsFor(pictures);
    return new QueueFullError(
      `${this.#owner} has ${this.#most} calls waiting, as many as may (queue): try again in ${Math.ceil(seconds)} s`,
      seconds,
    );
  }
}
