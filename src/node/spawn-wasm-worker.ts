import { Worker } from 'node:worker_threads';
import type { Message, WorkerHandle } from '../backends/wasm/messages.ts';

/** Starts a thread of the WebAssembly backend. It keeps the process alive only while an answer is awaited. */
export function spawnWasmWorker(): WorkerHandle {
  // The sources run as they are in Node, so the worker has the ending of this file.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./wasm-worker.${extension}`, import.meta.url), {
    name: 'cardinal-wasm',
    // Options of the command line are meant for the main script; some, as --input-type, keep a worker from starting.
    execArgv: [],
  });
  // Without a listener an error of a worker would end the process; whoever awaits an answer hears of it.
  worker.on('error', () => undefined);
  worker.unref();
  return {
    request: (message) => ask(worker, message),
    post: (message) => {
      worker.postMessage(message);
    },
    terminate: async () => {
      // Else the process may end, with whoever awaits this, before the thread has.
      worker.ref();
      await worker.terminate();
    },
  };
}

function ask(worker: Worker, message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      worker.unref();
      worker.off('message', onAnswer).off('error', settle).off('exit', onExit);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAnswer = () => {
      settle();
    };
    const onExit = () => {
      settle(new Error('a worker thread of the wasm backend ended'));
    };
    worker.on('message', onAnswer).on('error', settle).on('exit', onExit);
    worker.ref();
    worker.postMessage(message);
  });
}
