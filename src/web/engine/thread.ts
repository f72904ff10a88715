import type { Message } from '../../backends/wasm/messages.ts';
import { serve } from '../../backends/wasm/worker.ts';
import type { OwnPort } from './own-port.ts';

/** A worker becomes a thread of the WebAssembly backend. */
export function serveThread(port: OwnPort): void {
  serve({
    onMessage: (handler) => {
      port.addEventListener('message', ({ data }) => {
        handler(data as Message);
      });
    },
    answer: () => {
      port.postMessage('done');
    },
  });
}
