/** The worker thread that decodes and assembles batches for a loader. */
import { parentPort, workerData } from 'node:worker_threads';

import { answerJobs } from '../../data/answer-jobs.ts';
import { assemblerOf } from './assembler.ts';
import type { WorkerSetup } from '../../data/pool-messages.ts';

// Only the pool of this folder starts this file, with these messages.
answerJobs(parentPort, assemblerOf(workerData as WorkerSetup));
