import { CardinalError, UsageError } from '../../base/errors.ts';
import type { Reduction } from '../../backends/communicator.ts';
import type { Fact, TrainingRanks } from '../../train/ranks.ts';
import { agree } from './agree.ts';
import type { MpiCommunicator } from './communicator.ts';
import { AgreedError } from './errors.ts';

/** Why a rank cannot go on. */
interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/** Processes of MPI as ranks that do a run together. */
export class MpiTrainingRanks implements TrainingRanks {
  readonly rank: number;
  readonly size: number;
  readonly #communicator: MpiCommunicator;

  constructor(communicator: MpiCommunicator) {
    this.rank = communicator.rank;
    this.size = communicator.size;
    this.#communicator = communicator;
  }

  startAllReduce(values: Float32Array): Reduction {
    return this.#communicator.startAllReduce(values);
  }

  broadcast(bytes: Uint8Array | undefined, what: string): Promise<Uint8Array> {
    return done(() => this.#communicator.broadcast(bytes, what).slice());
  }

  share<T>(value: T, what: string): Promise<T[]> {
    return done(() => {
      const all = this.#communicator.gather(Buffer.from(JSON.stringify(value)), what);
      return all.map((bytes) => JSON.parse(textOf(bytes)) as T); // As each gave it: all run the same program.
    });
  }

  sum(values: readonly number[], what: string): Promise<number[]> {
    return done(() => {
      const bytes = new Uint8Array(Float64Array.from(values).buffer);
      const all = new Float64Array(this.#communicator.gatherEqual(bytes, what).slice().buffer);
      return values.map((_, n) => {
        let sum = 0;
        for (let rank = 0; rank < this.size; rank++) sum += all[rank * values.length + n];
        return sum;
      });
    });
  }

  any(wish: boolean, what: string): Promise<boolean> {
    return done(() => this.#communicator.gatherEqual(Uint8Array.of(Number(wish)), what).includes(1));
  }

  agree(facts: Readonly<Record<string, Fact>>, advice?: string): Promise<void> {
    return done(() => {
      agree(this.#communicator, facts, advice);
    });
  }

  async fromFirst<T>(work: () => T | Promise<T>, what: string): Promise<T> {
    const isFirst = this.rank === 0;
    const own = await this.together(async () => (isFirst ? { result: await work() } : undefined), what);
    const told = this.#communicator.broadcast(own && Buffer.from(JSON.stringify(own)), what);
    if (own !== undefined) return own.result;
    return (JSON.parse(textOf(told)) as { readonly result: T }).result; // As the first rank gave it.
  }

  async together<T>(work: () => T | Promise<T>, what: string): Promise<T> {
    let done: { readonly result: T } | undefined;
    let failure: Failure | null = null;
    let cause: unknown;
    try {
      done = { result: await work() };
    } catch (error) {
      // Of what nobody foresaw the others are told by its end.
      if (!(error instanceof CardinalError) || error instanceof AgreedError) throw error;
      cause = error;
      failure = { message: error.message, exitCode: error instanceof UsageError ? 2 : 1 };
    }
    const failures = await this.share(failure, what);
    const rank = failures.findIndex((each) => each !== null);
    const first = failures.at(rank);
    if (done !== undefined && rank < 0) return done.result;
    const { message = '', exitCode = 1 } = first ?? {};
    const isCommon = failures.every((each) => each?.message === message);
    throw new AgreedError(isCommon ? message : `${this.#communicator.nameOf(rank)}: ${message}`, {
      cause,
      exitCode,
    });
  }
}

/** What blocks this thread, as a promise, so that whatever it throws is a rejection. */
async function done<T>(exchange: () => T): Promise<T> {
  return await Promise.resolve().then(exchange);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
