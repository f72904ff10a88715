import { Worker } from 'node:worker_threads';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { threadScript } from '../package-files.ts';
import { launchOf } from './launch.ts';
import { pause } from './patience.ts';
import { abortByPmi } from './pmi-socket.ts';

export interface StartWatchData {
  /** Milliseconds. */
  readonly limit: number;
  /** Said by the first rank alone. */
  readonly message: string | undefined;
}

/** What others have to fail and be ended before a rank that is not the first says its own error, in milliseconds. */
const afterFirst = 3000;
/** Between such ranks, of which again one is enough; the last ones do not wait for all. */
const [apart, longestApart] = [30, 3000];

/**
 * Runs `start`, in which this thread may wait for ranks that never come. The process is ended after `limit` milliseconds then, the first
 * rank saying why.
 */
export async function startWithin<T>(limit: number, start: () => T): Promise<T> {
  const message = `not all ranks have started MPI within ${limit / 1000} s: look for those that ended or hang (CARDINAL_MPI_TIMEOUT sets the seconds)`;
  const watch = new Worker(threadScript('mpi/start-watch-worker'), {
    name: 'cardinal-mpi-start',
    workerData: {
      limit,
      message: isFirst() ? message : undefined,
    } satisfies StartWatchData,
    execArgv: [],
  });
  await new Promise((resolve, reject) => {
    watch.once('online', resolve).once('error', reject);
  });
  try {
    return start();
  } finally {
    await watch.terminate();
  }
}

/**
 * For an error before MPI has started, when ranks cannot talk to each other. As a rule all have it, so the first rank says it, and ends the
 * others at its exit before it is their turn.
 */
export function failedStart(error: unknown): unknown {
  process.once('exit', endOthers);
  if (isFirst()) return error;
  return inTurn(error, launchOf(process.env)?.rank ?? 0);
}

/**
 * An error that perhaps all ranks have, such as a folder that is missing, and perhaps this one alone. The first rank says it at once, and ends the
 * others before it is their turn: so this waits, except there, and gives the error with the rank that has it. Blocking, so
 * that no handler answers a signal of the launcher with words of its own.
 */
export function inTurn(error: unknown, rank: number, block: (milliseconds: number) => void = pause): unknown {
  if (rank === 0) return error;
  block(afterFirst + Math.min(rank * apart, longestApart));
  if (!(error instanceof CardinalError)) return error;
  const message = `rank ${rank}: ${error.message}`;
  return error instanceof UsageError
    ? new UsageError(message, { cause: error })
    : new CardinalError(message, { cause: error });
}

function isFirst(): boolean {
  return launchOf(process.env)?.rank === 0;
}

/**
 * MPICH's launcher takes no notice of a process that ends before it has started MPI, and the others would wait for it. Other launchers see
 * the exit code.
 */
function endOthers(): void {
  pause(forwarding);
  abortByPmi();
}

/** What a launcher has to pass on the last lines of a process, in milliseconds: MPICH's drops what is late. */
export const forwarding = 250;
