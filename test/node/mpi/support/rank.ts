// One rank of a job that the tests start.
import { writeSync } from 'node:fs';
import { CardinalError } from '../../../../src/base/errors.ts';
import { verdictOn } from '../../../../src/cli/error.ts';
import { agree } from '../../../../src/node/mpi/agree.ts';
import { asRank } from '../../../../src/node/mpi/as-rank.ts';
import type { MpiCommunicator } from '../../../../src/node/mpi/communicator.ts';
import { agreeToStop } from '../../../../src/node/mpi/stop.ts';

const parts: Readonly<Record<string, (ranks: MpiCommunicator) => void | Promise<void>>> = {
  /** Everything that works, on all ranks; the first one prints what they saw. */
  async works(ranks) {
    const { rank, size } = ranks;
    const seen = {
      rank,
      size,
      ...sums(ranks),
      overlapping: overlapping(ranks),
      gathered: ranks
        .gather(new Uint8Array(rank * 3).fill(rank), 'a test')
        .map((bytes) => [bytes.length, bytes.at(-1)]),
      shared: new TextDecoder().decode(
        ranks.broadcast(rank === 1 ? new TextEncoder().encode('from one') : undefined, 'a test', 1),
      ),
      stopped: await stepsUntilSignal(ranks),
      error: errorOf(() => {
        ranks.send(new Uint8Array(8), size + 5);
      }),
    };
    agree(ranks, { version: '1', settings: { sizes: [224, 192], rate: 0.1 } });
    const all = ranks.gather(new TextEncoder().encode(JSON.stringify(seen)), 'a test');
    if (rank === 0) console.log(`[${all.map((text) => new TextDecoder().decode(text)).join()}]`);
  },

  differs(ranks) {
    const rate = ranks.rank === 2 ? 0.2 : 0.1;
    agree(ranks, { version: '1', settings: { rate, epochs: 3 } });
  },

  fails(ranks) {
    if (ranks.rank === 1) throw new CardinalError('cannot read /data/7.jpg: no such file');
    ranks.barrier('a step');
  },

  alike() {
    throw new CardinalError('cannot read /data: no such folder');
  },

  /** Takes the processor and answers nobody. */
  hangs(ranks) {
    const values = new Float32Array(new SharedArrayBuffer(64));
    if (ranks.rank === 1) for (;;) values[0]++;
    ranks.startAllReduce(values).wait();
  },

  /** Lives, and answers, but does not come. */
  async idles(ranks) {
    if (ranks.rank === 2) await new Promise((resolve) => setTimeout(resolve, 60_000));
    ranks.barrier('the checkpoint');
  },

  leaves(ranks) {
    if (ranks.rank === 1) process.exit(0);
    ranks.barrier('a step');
  },

  killed(ranks) {
    if (ranks.rank === 1) process.kill(process.pid, 'SIGKILL');
    ranks.barrier('a step');
  },

  done: () => undefined,
};

/** In place in shared memory, with the floats beside them left alone. */
function sums(ranks: MpiCommunicator): Record<'bits' | 'beside' | 'pages', number[]> {
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true });
  const all = new Float32Array(memory.buffer).fill(-1);
  const values = all.subarray(1000, 1000 + 700_001);
  for (let i = 0; i < values.length; i++) values[i] = Math.fround(1 / (1 + i + 7 * ranks.rank));
  ranks.startAllReduce(values).wait();
  const bits = new Uint32Array(memory.buffer, values.byteOffset, values.length);
  const hash = bits.reduce((sum, each) => (Math.imul(sum, 31) + each) >>> 0, 7);
  return {
    bits: [hash, bits[0], bits[700_000]],
    beside: [all[999], all[1000 + 700_001]],
    pages: [memory.buffer.byteLength / 65536],
  };
}

/** Several at once, awaited in another order, the last one tested only. */
function overlapping(ranks: MpiCommunicator): number[] {
  // V8 keeps arrays as small as these among its objects, which it moves.
  const values = [1, 10, 100].map((factor) => new Float32Array(4).fill(factor * (ranks.rank + 1)));
  const reductions = values.map((each) => ranks.startAllReduce(each));
  const garbage = Array.from({ length: 2e5 }, (_, i) => new Float32Array(4).fill(i));
  if (garbage[7][0] !== 7) throw new Error('unreachable');
  reductions[1].wait();
  reductions[0].wait();
  reductions[0].wait();
  while (!reductions[2].test());
  return values.map((each) => each[3]);
}

/** The last rank gets SIGTERM after its third step. Gives the step at which this one has stopped, the code and who asked. */
async function stepsUntilSignal(ranks: MpiCommunicator): Promise<number[]> {
  let wish = 0;
  process.on('SIGTERM', () => (wish = 143));
  for (let step = 1; ; step++) {
    if (ranks.rank === ranks.size - 1 && step === 3) process.kill(process.pid, 'SIGTERM');
    // Signals are delivered by the event loop.
    if (step >= 3) while (ranks.rank === ranks.size - 1 && wish === 0) await nextTurn();
    const stop = agreeToStop(ranks, wish);
    if (stop !== undefined) return [step, stop.code, stop.rank];
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function errorOf(act: () => void): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return `${error instanceof CardinalError}: ${String(error)}`;
  }
}

const part = process.argv[2];
// Named by its own launcher: this one goes before MPI has started.
if (part === 'never' && (process.env['PMI_RANK'] ?? process.env['OMPI_COMM_WORLD_RANK']) === '1') {
  process.env['CARDINAL_MPI'] = '/nowhere/libmpi.so';
}
// Nobody is missed in these, however long a busy machine keeps a rank from its turn.
const isComplete = part === 'works' || part === 'differs';
const limits = {
  start: 30_000,
  notice: isComplete ? 20_000 : 500,
  silence: isComplete ? 30_000 : 1500,
  late: part === 'idles' ? 2500 : 30_000,
  end: 500,
};
try {
  await asRank(
    async (ranks) => {
      if (ranks === undefined) console.log('alone');
      else await parts[part === 'never' ? 'done' : part](ranks);
    },
    { limits, onNotice: (notice) => writeSync(2, `cardinal: ${notice}\n`) },
  );
} catch (error) {
  const { exitCode, lines } = verdictOn(error);
  for (const line of lines) writeSync(2, `${line}\n`);
  process.exit(exitCode);
}
