import { Worker, type MessagePort } from 'node:worker_threads';

import { CardinalError } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import type { JobPort } from '../../data/answer-jobs.ts';
import type { WorkerMessage } from '../../data/pool-messages.ts';
import type { StartDecoderThread } from '../../data/pool-place.ts';
import { hasCode, threadError } from '../../base/file-errors.ts';

/** Starts threads of a pool of decoders with this script, which does `answerJobs` with its `workerData` as the setup. */
export function decoderThreads(script: URL): StartDecoderThread {
  return (setup, { onMessage, onEnd }) => {
    const worker = new Worker(script, { workerData: setup });
    worker.unref();
    worker.on('message', onMessage);
    worker.on('error', (error) => {
      onEnd(errorOf(error));
    });
    worker.on('exit', (code) => {
      onEnd(new CardinalError(`a data worker ended unexpectedly with code ${code}`));
    });
    return {
      post: (message, transfer = []) => {
        worker.postMessage(message, [...transfer]);
      },
      setBusy: (isBusy) => {
        if (isBusy) worker.ref();
        else worker.unref();
      },
      terminate: async () => {
        // Else the process may end, with whoever awaits this, before the thread has.
        worker.ref();
        await worker.terminate();
      },
    };
  };
}

/** A thread's own side. Of no port, in a script that is run by itself, nothing ever comes. */
export function jobPort(port: MessagePort | null): JobPort {
  return {
    onMessage: (handler) => {
      port?.on('message', (message: WorkerMessage) => {
        handler(message);
      });
    },
    post: (message, transfer = []) => {
      port?.postMessage(message, [...transfer]);
    },
  };
}

/** What ended a thread, as an error for people where they can do something about it. */
function errorOf(cause: unknown): Error {
  if (cause instanceof Error && hasCode(cause, 'ERR_WORKER_OUT_OF_MEMORY')) {
    return new CardinalError(
      `the data workers run out of memory (${shortened(cause.message)}): take fewer workers, smaller batches or a smaller maxPixels`,
      { cause },
    );
  }
  return threadError('a thread that reads pictures', cause);
}
