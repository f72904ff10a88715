import { Worker } from 'node:worker_threads';
import { Answers } from '../backends/wasm/answers.ts';
import type { WorkerHandle } from '../backends/wasm/messages.ts';
import { threadError } from '../base/file-errors.ts';
import { threadScript } from './package-files.ts';
import type { WasmWorkerData } from './wasm-worker.ts';

/** Starts a thread of the WebAssembly backend. It keeps the process alive only while an answer is awaited. */
export function spawnWasmWorker(workerData: WasmWorkerData = {}): WorkerHandle {
  const worker = new Worker(threadScript('wasm-worker'), {
    name: 'cardinal-wasm',
    workerData,
    // Options of the command line are meant for the main script; some, as --input-type, keep a worker from starting.
    execArgv: [],
  });
  worker.unref();

  const answers = new Answers();
  worker.on('message', () => {
    answers.came();
    if (!answers.awaited) worker.unref();
  });
  worker
    .on('error', (error) => {
      answers.end(threadError('a thread that computes', error));
    })
    .on('exit', () => {
      answers.end(new Error('a worker thread of the wasm backend ended'));
    });

  return {
    request: (message) =>
      answers.of(() => {
        worker.ref();
        worker.postMessage(message);
      }),
    onEnd: (handler) => {
      answers.onEnd(handler);
    },
    terminate: async () => {
      // Else the process may end, with whoever awaits this, before the thread has.
      worker.ref();
      await worker.terminate();
    },
  };
}
