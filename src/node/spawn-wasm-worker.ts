import { Worker } from 'node:worker_threads';
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

  /** The requests without an answer: the worker answers in the order in which it was asked. */
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let ended: Error | undefined;
  let tell: (reason: string) => void = () => undefined;
  worker.on('message', () => {
    waiting.shift()?.resolve();
    if (waiting.length === 0) worker.unref();
  });
  const end = (error: Error) => {
    if (ended !== undefined) return;
    ended = error;
    for (const { reject } of waiting.splice(0)) reject(error);
    tell(error.message);
  };
  worker
    .on('error', (error) => {
      end(threadError('a thread that computes', error));
    })
    .on('exit', () => {
      end(new Error('a worker thread of the wasm backend ended'));
    });

  return {
    request: (message) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        waiting.push({ resolve, reject });
        worker.ref();
        worker.postMessage(message);
      }),
    onEnd: (handler) => {
      tell = handler;
    },
    terminate: async () => {
      // Else the process may end, with whoever awaits this, before the thread has.
      worker.ref();
      await worker.terminate();
    },
  };
}
