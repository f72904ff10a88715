import type { Communicator, Reduction } from '../../src/backends/communicator.ts';

/** What a rank communicated since the last time that it was asked, in milliseconds. */
export interface CommunicationTrace {
  /** That it waited for sums. */
  readonly waiting: number;
  /** That at least one sum was under way. */
  readonly underWay: number;
  /** Numbers in each sum. */
  readonly lengths: readonly number[];
}

/** Another communicator, with its times: from the beginning of each sum until the rank finds it done, and that it waits. */
export class TracedCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly #traced: Communicator;
  #lengths: number[] = [];
  #waiting = 0;
  #underWay = 0;
  #open = 0;
  #opened = 0;

  constructor(traced: Communicator) {
    this.rank = traced.rank;
    this.size = traced.size;
    this.#traced = traced;
  }

  startAllReduce(values: Float32Array): Reduction {
    if (this.#open++ === 0) this.#opened = performance.now();
    this.#lengths.push(values.length);
    const reduction = this.#traced.startAllReduce(values);
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      if (--this.#open === 0) this.#underWay += performance.now() - this.#opened;
    };
    return {
      test: () => {
        const isThere = reduction.test();
        if (isThere) done();
        return isThere;
      },
      wait: () => {
        const before = performance.now();
        const waited = (): void => {
          this.#waiting += performance.now() - before;
          done();
        };
        const waiting = reduction.wait();
        if (waiting !== undefined) return waiting.then(waited);
        waited();
        return undefined;
      },
    };
  }

  /** The trace so far; the next one begins. */
  take(): CommunicationTrace {
    const trace = { waiting: this.#waiting, underWay: this.#underWay, lengths: this.#lengths };
    this.#waiting = 0;
    this.#underWay = 0;
    this.#lengths = [];
    return trace;
  }
}
