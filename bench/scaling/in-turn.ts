/**
 * Steps of training in turn within the same processes, so that whatever else this machine does is in all of them alike:
 * `mpirun -n 2 node bench/scaling/in-turn.ts resnext29_32x4d_cifar 32 32 5` (model, pictures a rank, pixels, rounds).
 */
import { writeSync } from 'node:fs';
import { z } from 'zod/mini';
import type { Communicator } from '../../src/backends/communicator.ts';
import { largest, smallest } from '../../src/base/extremes.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { openCommunicator } from '../../src/node/mpi/open.ts';
import { networkProgram, type TrainedTogether } from '../compare/network.ts';
import { medianOf } from '../compare/statistics.ts';
import type { NetworkWork } from '../compare/work.ts';
import { TracedCommunicator } from './traced-communicator.ts';

const [model, pictures, pixels, rounds] = z
  .tuple([z.string(), z.coerce.number(), z.coerce.number(), z.coerce.number()])
  .parse(process.argv.slice(2));
const ranks = await openCommunicator();
if (ranks === undefined) throw new Error('start several ranks: mpirun -n 2 node bench/scaling/in-turn.ts …');
const { rank, size } = ranks;

/** Whose sums are at once as good as done. */
const mute: Communicator = {
  rank,
  size,
  startAllReduce: () => ({ test: () => true, wait: () => undefined }),
};
const traced = new TracedCommunicator(ranks);
const input: NetworkWork['input'] = [pictures, 3, pixels, pixels];
const work: NetworkWork = { kind: 'training', id: model, title: model, model, input };

async function programOf(communicator?: Communicator, syncBatchNorm?: boolean) {
  const backend = await createNodeBackend({ threads: 1, blas: false, communicator });
  const together: TrainedTogether | undefined =
    syncBatchNorm === undefined ? undefined : { rank, size, syncBatchNorm };
  return networkProgram(backend, work, '', { together, seed: 1 + rank });
}

const apart = await programOf();
const ways = [
  { name: 'one rank, the others wait', program: rank === 0 ? apart : undefined },
  { name: 'apart', program: apart },
  { name: 'together, sums left out', program: await programOf(mute, true) },
  { name: 'together', program: await programOf(traced, true) },
  { name: 'together, --no-sync-bn', program: await programOf(traced, false) },
].map((way) => ({ ...way, wall: [] as number[], cpu: [] as number[], waiting: [] as number[] }));

for (let round = 0; round <= rounds; round++) {
  for (const { program, wall, cpu, waiting } of ways) {
    ranks.barrier('a step');
    traced.take();
    const [used, before] = [process.cpuUsage(), performance.now()];
    await program?.run();
    const { user, system } = process.cpuUsage(used);
    ranks.barrier('a step');
    // The first round warms up.
    if (round === 0) continue;
    wall.push(performance.now() - before);
    cpu.push((user + system) / 1000);
    waiting.push(traced.take().waiting);
  }
}
if (rank === 0) {
  const [{ wall: alone }] = ways;
  for (const { name, wall, cpu, waiting } of ways) {
    const efficiency = (medianOf(alone) / medianOf(wall)).toFixed(2);
    const range = `${smallest(wall).toFixed(0)} to ${largest(wall, 0).toFixed(0)}`;
    const used = `processor ${medianOf(cpu).toFixed(0)} ms, waiting ${medianOf(waiting).toFixed(0)} ms`;
    writeSync(
      1,
      `${name.padEnd(26)} ${medianOf(wall).toFixed(0)} ms (${range}), efficiency ${efficiency}, ${used}\n`,
    );
  }
}
ranks.close();
process.exit();
