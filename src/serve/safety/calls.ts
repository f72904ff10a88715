import { setMaxListeners } from 'node:events';

import { orAborted } from '../../base/until-aborted.ts';
import { ServeError } from '../errors.ts';
import type { Admission, Place } from './admission.ts';

export interface CallOptions {
  /** It computes: it takes a place in the queue for one picture, with these bytes. */
  readonly bytes?: number | undefined;
  /** Until the deadline. */
  readonly seconds: number;
}

/** What a call's line in the log has beside what every request has. */
export interface CallNotes {
  model?: string;
  /** Of all its pictures, in ms. */
  decode?: number;
  wait?: number;
  compute?: number;
  /** The largest that a picture of it was in. */
  batch?: number;
}

/** One request from its acceptance to the end of its answer, whatever the protocol. */
export class Call {
  /** Of one that computes. */
  readonly place: Place | undefined;
  readonly notes: CallNotes = {};
  readonly #controller = new AbortController();
  readonly #deadline: NodeJS.Timeout;
  readonly #left: () => void;
  #running = 0;
  #ended = false;

  constructor(place: Place | undefined, seconds: number, left: () => void) {
    this.place = place;
    this.#left = left;
    // One for each picture of the request.
    setMaxListeners(0, this.signal);
    this.#deadline = setTimeout(() => {
      this.abort(new ServeError(504, 'timeout', `it was not done within ${seconds} s`));
    }, seconds * 1000);
  }

  /** Aborted at the deadline, when the client hangs up, and when the server cuts off what is not finished. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /**
   * What `work` gives; rejects with the signal's reason as soon as that is aborted. The call keeps its place until the work is over
   * nevertheless: what is being computed cannot be stopped, and holds its memory.
   */
  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    this.#running++;
    const done = (): void => {
      this.#running--;
      this.#leave();
    };
    const worked = (async () => work(this.signal))();
    worked.then(done, done);
    return orAborted(worked, this.signal);
  }

  /** The answer is with the client, or will never be. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    if (this.#running > 0) this.abort(new ServeError(499, 'closed', 'nobody waits for the answer any more'));
    this.#leave();
  }

  #leave(): void {
    if (!this.#ended || this.#running > 0) return;
    this.place?.leave();
    this.#left();
  }
}

/** All calls that were accepted and are not over. */
export class Calls {
  readonly #admission: Admission;
  readonly #open = new Set<Call>();
  #refusal: ServeError | undefined;
  #emptied: (() => void)[] = [];

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** Throws a `ServeError`: 429 if there is no place, 503 if none is accepted any more. */
  open({ bytes, seconds }: CallOptions): Call {
    if (this.#refusal !== undefined) throw this.#refusal;
    const place = bytes === undefined ? undefined : this.#admission.open(bytes);
    const call = new Call(place, seconds, () => {
      this.#open.delete(call);
      if (this.#open.size === 0) for (const emptied of this.#emptied.splice(0)) emptied();
    });
    this.#open.add(call);
    return call;
  }

  /** Why a call that computes would be refused if it came now. */
  refusal(bytes: number): ServeError | undefined {
    return this.#refusal ?? this.#admission.refusal(1, bytes);
  }

  get size(): number {
    return this.#open.size;
  }

  /** From now on new calls get this error. */
  refuse(error: ServeError): void {
    this.#refusal = error;
  }

  /** Resolves when none is open. */
  async empty(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  abort(reason: () => Error): void {
    for (const call of this.#open) call.abort(reason());
  }
}
