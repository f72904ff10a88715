import { Worker } from 'node:worker_threads';
import { threadScript } from '../package-files.ts';
import { beat, type HeartbeatData } from './write-record.ts';

/**
 * Writes a lock file anew every so often until it is stopped. `thread`: from a thread of its own, because one that trains
 * computes for seconds without a turn of its event loop. Neither keeps the process alive.
 */
export async function startHeartbeat(
  data: HeartbeatData,
  from: 'thread' | 'timer',
): Promise<() => Promise<void>> {
  if (from === 'timer') return beatFromTimer(data);
  let worker: Worker;
  try {
    worker = new Worker(threadScript('lock/heartbeat-worker'), {
      name: 'cardinal-lock',
      workerData: data,
      // Options of the command line are meant for the main script; some, as --input-type, keep a worker from starting.
      execArgv: [],
    });
  } catch {
    return beatFromTimer(data);
  }
  const begun = await new Promise<boolean>((resolve) => {
    worker.once('message', () => {
      resolve(true);
    });
    // A thread that cannot start, and one that dies later: a timer is the next best.
    worker.on('error', () => {
      resolve(false);
    });
  });
  if (!begun) return beatFromTimer(data);
  worker.unref();
  return async () => {
    await worker.terminate();
  };
}

function beatFromTimer(data: HeartbeatData): () => Promise<void> {
  const timer = beat(data).unref();
  return () => {
    clearInterval(timer);
    return Promise.resolve();
  };
}
