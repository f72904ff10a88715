import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { visible } from '../../base/quoted.ts';
import { pause } from './patience.ts';
import type { StartWatchData } from './start.ts';

const { limit, message } = workerData as StartWatchData;
setTimeout(() => {
  // The main thread, which prints as a rule, is within MPI_Init.
  if (message !== undefined) writeSync(2, `cardinal: ${visible(message)}\n`);
  // The launcher passes it on, and the rank that speaks ends first.
  pause(message === undefined ? 5000 : 250);
  process.kill(process.pid, 'SIGKILL');
}, limit);
