/**
 * A rank that trains, alone or with others that mpirun started: `node bench/scaling/rank.ts WORK OPTIONS`, both JSON. The first one is a
 * contender, and the others do what it is told.
 */
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { z } from 'zod/mini';
import { createNodeBackend } from '../../src/node/backend.ts';
import { findBlas } from '../../src/node/blas.ts';
import { openCommunicator } from '../../src/node/mpi/open.ts';
import { networkProgram } from '../compare/network.ts';
import { serve } from '../compare/serve.ts';
import { workSchema } from '../compare/work.ts';
import { follow, Followers } from './followers.ts';
import { RankInTraining } from './rank-in-training.ts';
import { TracedCommunicator } from './traced-communicator.ts';

const optionsSchema = z.object({
  blas: z.boolean(),
  /** Whether ranks that were started together train apart: as many processes on one machine, without communication. */
  apart: z.boolean(),
  syncBatchNorm: z.boolean(),
  /** Where the others find the first. */
  socket: z.string(),
});

const work = workSchema.parse(JSON.parse(process.argv[2]));
const options = optionsSchema.parse(JSON.parse(process.argv[3]));
try {
  await main();
} catch (error) {
  // At the exit of one rank MPI ends all, before Node would say why.
  writeSync(2, `${inspect(error)}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  if ('layers' in work) throw new Error('ranks train whole networks only');
  const { blas, apart, syncBatchNorm, socket } = options;
  const ranks = await openCommunicator();
  const traced = ranks && !apart ? new TracedCommunicator(ranks) : undefined;
  const backend = await createNodeBackend({ threads: 1, blas, communicator: traced });
  const library = blas ? ((await findBlas())?.version ?? '') : 'WebAssembly alone';
  const program = await networkProgram(backend, work, [library, ranks?.library].filter(Boolean).join(', '), {
    together: traced && { rank: traced.rank, size: traced.size, syncBatchNorm },
    seed: 1 + (ranks?.rank ?? 0),
  });
  if (ranks === undefined) {
    await serve(program);
    return;
  }
  const group = new RankInTraining(program, ranks, traced);
  if (ranks.rank === 0) {
    await serve(group.leading(await Followers.gather(ranks, socket)));
  } else {
    await follow(ranks, socket, () => group.step());
    ranks.close();
    process.exit();
  }
}
