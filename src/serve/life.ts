import { setTimeout as pause } from 'node:timers/promises';

import { ServeError } from './errors.ts';
import type { ServedModels } from './models/served-models.ts';
import type { Calls } from './safety/calls.ts';

export interface LifeOptions {
  /** Seconds that accepted requests have to finish. */
  readonly grace: number;
  /** Seconds for which requests are still accepted, while readiness is false already. */
  readonly drainDelay: number;
}

/** A server's life: ready, draining, over. */
export class Life {
  readonly #models: Pick<ServedModels, 'ready'>;
  readonly #calls: Calls;
  readonly #options: LifeOptions;
  #leaving: Promise<void> | undefined;
  #draining = false;

  constructor(models: Pick<ServedModels, 'ready'>, calls: Calls, options: LifeOptions) {
    this.#models = models;
    this.#calls = calls;
    this.#options = options;
  }

  /** Whether new requests should be sent here: what `/v2/health/ready` says. */
  get ready(): boolean {
    return this.#leaving === undefined && this.#models.ready;
  }

  /** Whether new requests are refused. */
  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Turns readiness false, then refuses new requests with 503 and finishes those that were accepted; after the grace period cuts them
   * off, with 503 as well. Resolves when none is left, or does not end when it is cut off. `app.close()` does so first.
   */
  drain(): Promise<void> {
    return (this.#leaving ??= this.#drain());
  }

  async #drain(): Promise<void> {
    const { grace, drainDelay } = this.#options;
    if (drainDelay > 0) await pause(drainDelay * 1000);
    this.#draining = true;
    this.#calls.refuse(draining);
    await this.#emptyWithin(grace);
    this.#calls.abort(cutOff);
    await this.#emptyWithin(cutOffSeconds);
  }

  async #emptyWithin(seconds: number): Promise<void> {
    const late = new AbortController();
    const { signal } = late;
    await Promise.race([
      this.#calls.empty(),
      pause(seconds * 1000, undefined, { signal }).catch(() => undefined),
    ]);
    late.abort();
  }
}

/** For the batch that is being computed, and for answers on their way. */
const cutOffSeconds = 2;

function cutOff(): ServeError {
  return new ServeError(503, 'cut_off', 'the server is shutting down, and this took too long', {
    headers: { connection: 'close' },
  });
}

const draining = new ServeError(503, 'draining', 'the server is shutting down; send the request elsewhere', {
  headers: { 'retry-after': '1', connection: 'close' },
});
