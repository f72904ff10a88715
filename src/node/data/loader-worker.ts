/** The script of a thread that decodes and assembles batches for a loader. */
import { parentPort, workerData } from 'node:worker_threads';

import { answerJobs } from '../../data/answer-jobs.ts';
import type { WorkerSetup } from '../../data/pool-messages.ts';
import { nodeAssembler } from './assembler.ts';
import { jobPort } from './decoder-thread.ts';

// Only the pool of this folder starts this file, with these messages.
const port = jobPort(parentPort);
answerJobs(port, nodeAssembler(workerData as WorkerSetup, port));
