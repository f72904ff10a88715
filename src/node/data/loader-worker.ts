/** The worker thread that decodes and assembles batches for a loader. */
import { parentPort, workerData } from 'node:worker_threads';

import { CardinalError, messageOf } from '../../base/errors.ts';
import { assemblerOf } from './assembler.ts';
import type { WorkerJob, WorkerReply, WorkerSetup } from './messages.ts';

// Only the pool of this folder starts this file, with these messages.
const assembler = assemblerOf(workerData as WorkerSetup);

/** Batches are assembled one after the other, each with its pictures decoded ahead. */
let last: Promise<void> = Promise.resolve();

parentPort?.on('message', (job: WorkerJob) => {
  last = last.then(async () => {
    parentPort?.postMessage(await reply(job));
  });
});

async function reply({ id, request, input, target }: WorkerJob): Promise<WorkerReply> {
  try {
    return { id, result: await assembler.assemble(request, input, target) };
  } catch (error) {
    const forUser = error instanceof CardinalError;
    const text = forUser || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message);
    return { id, error: text, forUser };
  }
}
