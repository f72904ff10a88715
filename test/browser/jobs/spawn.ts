import type { WorkerHandle } from '../../../src/backends/wasm/messages.ts';

export function spawnThread(script: string): WorkerHandle {
  const worker = new Worker(script, { type: 'module' });
  const waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let tell: (reason: string) => void = () => undefined;
  worker.onmessage = () => waiting.shift()?.resolve();
  worker.onerror = (event) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(event.message));
    tell(event.message);
  };
  worker.postMessage({ role: 'thread' });
  return {
    request: (message) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(message);
      }),
    onEnd: (handler) => {
      tell = handler;
    },
    terminate: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
}
