import { Worker } from 'node:worker_threads';
import { threadScript } from '../package-files.ts';

export interface EndWatchData {
  /** Milliseconds. */
  readonly limit: number;
  /** Exit code of the process. */
  readonly code: number;
}

/**
 * Runs `end`, in which the library says goodbye to other ranks, at the exit of this process. Libraries do not always come back from there: MPICH
 * 4.0 over TCP waits at times for a rank that no longer listens. After `limit` milliseconds a thread ends the process then, with the same code.
 */
export function endWithin(limit: number, code: number, end: () => void): void {
  const watch = new Worker(threadScript('mpi/end-watch-worker'), {
    name: 'cardinal-mpi-end',
    workerData: { limit, code } satisfies EndWatchData,
    execArgv: [],
  });
  try {
    end();
  } finally {
    void watch.terminate();
  }
}
