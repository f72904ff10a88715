import { orAborted } from '../base/until-aborted.ts';
import { bytes } from '../report/format.ts';
import { HubError } from './hub-error.ts';

/** How long and how often; milliseconds throughout. */
export interface HubTiming {
  /** Failures in a row before giving up. */
  readonly tries: number;
  /** Pause after so many failures in a row. */
  readonly backoff: (failures: number) => number;
  /** The longest pause that a server may ask for; what asks for more is an error. */
  readonly longestPause: number;
  /** How long the answer to a request may take to begin, before anything is downloaded. */
  readonly answer: number;
  /** How long a download may stand still. */
  readonly idle: number;
  /** How long a download may be slower than `slowest` bytes a second. */
  readonly slow: number;
  readonly slowest: number;
  /** How often to look whether another process has finished the same download. */
  readonly poll: number;
  /** How long another process's download may stand still before it is left alone. */
  readonly patience: number;
  /** The time; only differences count. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

export const usualTiming: HubTiming = {
  tries: 5,
  backoff: (failures) => Math.min(1000 * 2 ** (failures - 1), 8000),
  longestPause: 90_000,
  answer: 10_000,
  idle: 30_000,
  slow: 60_000,
  slowest: 1024,
  poll: 250,
  patience: 60_000,
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await orAborted(over, signal).finally(() => {
      clearTimeout(timer);
    });
  },
};

/** An attempt that brought this many bytes more than any before does not count as failed. With less, a file could take for ever. */
const worthwhile = 2 ** 20;

/**
 * Repeats an attempt while it fails in a way that may pass. `received` gives the bytes of a download that are there: a
 * connection that breaks often but brings something each time is not given up.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: {
    readonly timing: HubTiming;
    readonly signal: AbortSignal | undefined;
    readonly tries?: number;
    readonly received?: () => number;
  },
): Promise<T> {
  const { timing, signal, tries = timing.tries, received = () => 0 } = options;
  let failures = 0;
  let farthest = received();
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      // Whatever an abort made fail, the abort is what happened.
      signal?.throwIfAborted();
      if (!(error instanceof HubError) || error.details.transient !== true) throw error;
      if (received() - farthest >= worthwhile) failures = 0;
      farthest = Math.max(farthest, received());
      failures++;
      const pause = error.details.retryAfter ?? timing.backoff(failures);
      if (failures >= tries || pause > timing.longestPause) throw withAttempts(error, failures, received());
      await timing.sleep(pause, signal).catch(() => undefined);
    }
  }
}

/** The error with how often it was tried and what is kept. */
function withAttempts(error: HubError, failures: number, kept: number): HubError {
  const tries = failures > 1 ? `; tried ${failures} times` : '';
  const resume = kept > 0 ? `; ${bytes(kept)} are kept, the next try goes on from there` : '';
  return tries + resume === ''
    ? error
    : new HubError(error.message + tries + resume, { ...error.details, cause: error });
}

/** Notices a download that goes on, but so slowly that it has no end. */
export class PaceKeeper {
  readonly #timing: HubTiming;
  #since: number;
  #received = 0;

  constructor(timing: HubTiming) {
    this.#timing = timing;
    this.#since = timing.now();
  }

  /** Bytes a second, if for `slow` milliseconds they were fewer than `slowest`. */
  heard(length: number): number | undefined {
    const { slow, slowest, now } = this.#timing;
    this.#received += length;
    const passed = now() - this.#since;
    if (passed < slow) return undefined;
    const pace = (1000 * this.#received) / passed;
    this.#since += passed;
    this.#received = 0;
    return pace < slowest ? pace : undefined;
  }
}

/** Calls off a request that hangs: `signal` fires when nothing was heard for so many milliseconds, or with the caller's. */
export class Watchdog {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #limit: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limit: number, signal: AbortSignal | undefined) {
    this.#limit = limit;
    this.signal =
      signal === undefined ? this.#controller.signal : AbortSignal.any([signal, this.#controller.signal]);
    this.heard();
  }

  /** Starts the time anew. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(new Error(`nothing came for ${this.#limit / 1000} s`));
    }, this.#limit);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
