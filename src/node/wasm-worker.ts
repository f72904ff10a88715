/** The script a worker thread of the WebAssembly backend starts with. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Message } from '../backends/wasm/messages.ts';
import { serve } from '../backends/wasm/worker.ts';
import { announceThread } from './placement.ts';

export interface WasmWorkerData {
  /** Path of the native library that this thread calls. */
  readonly blas?: string | undefined;
  /** Where this thread writes its id, for the one who places it. */
  readonly threadId?: Int32Array | undefined;
}

if (parentPort === null) throw new Error('wasm-worker is started by spawnWasmWorker, not run by itself');
const port = parentPort;
const { blas: path, threadId } = workerData as WasmWorkerData;
if (threadId !== undefined) await announceThread(threadId);
const blas = path === undefined ? undefined : await (await import('./blas.ts')).openBlas(path);

serve(
  {
    onMessage: (handler) => {
      port.on('message', (message: Message) => {
        handler(message);
      });
    },
    answer: () => {
      port.postMessage('done');
    },
  },
  blas?.openSgemm,
);
