import type { Message } from '../../backends/wasm/messages.ts';
import { serve } from '../../backends/wasm/worker.ts';
import { live } from '../life.ts';
import type { OwnPort } from './own-port.ts';

/** The first message to a worker that is to compute. It is answered as all others are. */
export interface ThreadStart {
  readonly role: 'thread';
  /** The lock that it holds while it lives. */
  readonly life: string | undefined;
}

/** A worker becomes a thread of the WebAssembly backend. */
export function serveThread(port: OwnPort, { life }: ThreadStart): void {
  const answer = (): void => {
    port.postMessage('done');
  };
  serve({
    onMessage: (handler) => {
      port.addEventListener('message', ({ data }) => {
        handler(data as Message);
      });
    },
    answer,
  });
  void live(life).then(answer);
}
