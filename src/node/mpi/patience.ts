import { CardinalError } from '../../base/errors.ts';
import { RankLostError } from './errors.ts';
import type { Pending } from './mpi.ts';
import type { RollCall } from './roll-call.ts';

/** How long ranks wait for each other, in milliseconds. */
export interface Limits {
  /** For all ranks to start MPI. */
  readonly start: number;
  /** Until a notice says for whom. */
  readonly notice: number;
  /** For a rank that gives no sign of life. */
  readonly silence: number;
  /** For one that does. */
  readonly late: number;
  /** For the library to end, when all work is done. */
  readonly end: number;
}

const minute = 60_000;
const usual: Limits = { start: 2 * minute, notice: 10_000, silence: minute, late: 10 * minute, end: 5000 };

/**
 * The usual limits, or those that `CARDINAL_MPI_TIMEOUT` sets, in seconds: for a silent rank, twice as much for the
 * start, and ten times as much for a rank that is only late. Throws a `CardinalError` if it is no such number.
 */
export function usualLimits(seconds: string | undefined = process.env['CARDINAL_MPI_TIMEOUT']): Limits {
  if (seconds === undefined || seconds === '') return usual;
  const silence = 1000 * Number(seconds);
  if (!(silence > 0 && Number.isFinite(silence))) {
    throw new CardinalError(`CARDINAL_MPI_TIMEOUT: expected seconds, a number above 0, got ${seconds}`);
  }
  const [notice, end] = [usual.notice, usual.end].map((most) => Math.min(most, silence / 2));
  return { start: 2 * silence, notice, silence, late: 10 * silence, end };
}

/** The most milliseconds between questions to those who are late. */
const askEvery = 1000;

/** Within this many milliseconds an exchange is usual: then the thread only yields to others, which costs least. */
const brief = 20;

const never = new Int32Array(new SharedArrayBuffer(4));

/** Blocks this thread, without using a processor. */
export function pause(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds);
}

/** Waits for exchanges, blocking, and knows for whom. */
export class Patience {
  readonly #rollCall: RollCall;
  readonly #limits: Limits;
  readonly #nameOf: (rank: number) => string;
  readonly #rank: number;
  readonly #giveWay: () => void;
  readonly #tell: (message: string) => void;

  constructor(options: {
    readonly rank: number;
    readonly rollCall: RollCall;
    readonly limits: Limits;
    /** What people know a rank by. */
    readonly nameOf: (rank: number) => string;
    /** Lets other threads of the machine run. */
    readonly giveWay: () => void;
    /** Gets a line when a wait is long. */
    readonly tell: (message: string) => void;
  }) {
    this.#rank = options.rank;
    this.#rollCall = options.rollCall;
    this.#limits = options.limits;
    this.#nameOf = options.nameOf;
    this.#giveWay = options.giveWay;
    this.#tell = options.tell;
  }

  /**
   * Waits until exchange `number`, called `what`, is done. Throws a `RankLostError` that names the ranks for whom it has waited too
   * long, and a `CardinalError` where the library reports one.
   */
  wait(pending: Pending, number: number, what: string): void {
    const begun = performance.now();
    const every = Math.min(askEvery, this.#limits.notice / 2);
    let asked: number | undefined;
    let isNoticed = false;
    while (!pending.test()) {
      const now = performance.now();
      const waited = now - begun;
      if (waited < brief) {
        this.#giveWay();
        continue;
      }
      // What is under way moves on in tests alone, so pauses are short while anything may be.
      pause(waited < askEvery ? 0.05 : 1);
      this.#rollCall.answer();
      if (now - (asked ?? begun) < every) continue;
      // Those who were asked a while ago have answered by now, if they can.
      if (asked !== undefined) {
        this.#giveUp(number, waited, what);
        if (!isNoticed && waited > this.#limits.notice) {
          isNoticed = true;
          this.#notice(number, what);
        }
      }
      this.#rollCall.ask(number);
      asked = now;
    }
  }

  #giveUp(number: number, waited: number, what: string): void {
    const missing = this.#rollCall.missing(number);
    const speaker = this.#firstOf(missing);
    const at = `(${what}, exchange ${number})`;
    const silent = missing.filter(
      (rank) => waited > this.#limits.silence && this.#rollCall.silence(rank) > this.#limits.silence,
    );
    if (silent.length > 0) {
      throw new RankLostError(
        `${this.#names(silent)} gave no sign of life for ${seconds(this.#limits.silence)} while others waited ${at}: the process hangs, or its host is gone; resume from the last checkpoint`,
        silent,
        speaker,
      );
    }
    if (waited <= this.#limits.late) return;
    const whom = missing.length > 0 ? this.#names(missing) : 'the network, for all ranks have come';
    throw new RankLostError(
      `waited ${seconds(waited)} for ${whom} ${at}; resume from the last checkpoint, or set CARDINAL_MPI_TIMEOUT to more seconds`,
      missing,
      speaker,
    );
  }

  #notice(number: number, what: string): void {
    const missing = this.#rollCall.missing(number);
    // Of those that wait, one says so.
    if (missing.length === 0 || this.#firstOf(missing) !== this.#rank) return;
    this.#tell(`waiting for ${this.#names(missing)} (${what})`);
  }

  /** The first rank that has come. */
  #firstOf(missing: readonly number[]): number {
    let rank = 0;
    while (missing.includes(rank)) rank++;
    return rank;
  }

  #names(ranks: readonly number[]): string {
    const named = ranks.slice(0, 3).map(this.#nameOf).join(', ');
    return ranks.length > 3 ? `${named} and ${ranks.length - 3} more` : named;
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
