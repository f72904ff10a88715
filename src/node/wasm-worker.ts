/** The script a worker thread of the WebAssembly backend starts with. */
import { parentPort } from 'node:worker_threads';
import type { Message } from '../backends/wasm/messages.ts';
import { serve } from '../backends/wasm/worker.ts';

if (parentPort === null) throw new Error('wasm-worker is started by spawnWasmWorker, not run by itself');
const port = parentPort;

serve({
  onMessage: (handler) => {
    port.on('message', (message: Message) => {
      handler(message);
    });
  },
  answer: () => {
    port.postMessage('done');
  },
});
