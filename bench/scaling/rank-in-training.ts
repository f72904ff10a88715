import type { MpiCommunicator } from '../../src/node/mpi/communicator.ts';
import { measureExchange, type ExchangeSpeed } from '../../src/node/mpi/measure.ts';
import type { Communication } from '../compare/contender.ts';
import type { Program } from '../compare/program.ts';
import type { Followers } from './followers.ts';
import type { TracedCommunicator } from './traced-communicator.ts';

/** One of several ranks. */
export class RankInTraining {
  readonly #program: Program;
  readonly #ranks: MpiCommunicator;
  readonly #traced: TracedCommunicator | undefined;
  readonly #speed: ExchangeSpeed;
  #alone: number | undefined;
  #last: Communication | undefined;

  /** Measures with the others, who are created at the same time. `traced` is undefined for ranks that train apart. */
  constructor(program: Program, ranks: MpiCommunicator, traced: TracedCommunicator | undefined) {
    this.#program = program;
    this.#ranks = ranks;
    this.#traced = traced;
    this.#speed = measureExchange(ranks);
  }

  /** One step of this rank, over when all have done theirs. */
  async step(): Promise<void> {
    await this.#program.run();
    this.#ranks.barrier('a step');
    if (this.#traced === undefined) return;
    const { waiting, underWay, lengths } = this.#traced.take();
    const bytes = 4 * lengths.reduce((sum, length) => sum + length, 0);
    // In the first step, which is not timed.
    this.#alone ??= this.#sumsAlone(lengths);
    const { latency, bandwidth } = this.#speed;
    this.#last = { waiting, underWay, alone: this.#alone, bytes, latency, gigabits: 8 * bandwidth };
  }

  /** The program of the first rank, which the others follow. */
  leading(followers: Followers): Program {
    return {
      version: this.#program.version,
      run: () => {
        followers.go();
        return this.step();
      },
      communication: () => this.#last,
      results: () => this.#program.results(),
      close: async () => {
        await followers.end();
        this.#ranks.close();
      },
    };
  }

  /** Milliseconds of the same sums with nothing between them: the second time, when all connections are there. */
  #sumsAlone(lengths: readonly number[]): number {
    const ranks = this.#ranks;
    const sums = lengths.map((length) => new Float32Array(new SharedArrayBuffer(4 * length)));
    let time = 0;
    for (let round = 0; round < 2; round++) {
      ranks.barrier('a measurement');
      const before = performance.now();
      for (const values of sums) ranks.startAllReduce(values).wait();
      time = performance.now() - before;
    }
    return time;
  }
}
