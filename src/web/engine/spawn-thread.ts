import type { WorkerHandle } from '../../backends/wasm/messages.ts';
import { startWorker } from '../start-worker.ts';
import type { WorkerStart } from '../worker.ts';

/** Starts a thread of the WebAssembly backend. */
export function spawnThread(script: string): WorkerHandle {
  const worker = startWorker(script, 'a thread that computes');
  const { port } = worker;
  /** The requests without an answer: the worker answers in the order in which it was asked. */
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let ended: Error | undefined;
  let tell: (reason: string) => void = () => undefined;
  port.listen(() => waiting.shift()?.resolve());
  port.onEnd?.((error) => {
    ended = error;
    for (const { reject } of waiting.splice(0)) reject(error);
    tell(error.message);
  });
  port.post({ role: 'thread' } satisfies WorkerStart, []);
  return {
    request: (message) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) {
          reject(ended);
          return;
        }
        waiting.push({ resolve, reject });
        port.post(message, []);
      }),
    onEnd: (handler) => {
      tell = handler;
    },
    terminate: () => {
      worker.end(new Error('a thread of the wasm backend ended'));
      return Promise.resolve();
    },
  };
}
