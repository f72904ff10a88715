import { CardinalError } from '../../base/errors.ts';
import type { MessageLine } from '../../studio/line.ts';

/** What is asked of a WebSocket of `ws`, which has no types of its own. */
export interface Socket {
  readonly bufferedAmount: number;
  send(bytes: Uint8Array): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: Uint8Array, isBinary: boolean) => void): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** What a page may leave unread before it is cut off: a tab that sleeps must not fill this machine's memory. */
const mostUnread = 512 * 2 ** 20;

/** A WebSocket as a line of binary messages. */
export function lineOf(socket: Socket): MessageLine {
  const end = Promise.withResolvers<Error>();
  socket.on('close', () => {
    end.resolve(new CardinalError("the studio's page has left"));
  });
  // What is wrong with it, its closing tells.
  socket.on('error', () => undefined);
  return {
    send: (bytes) => {
      if (socket.bufferedAmount > mostUnread) socket.terminate();
      else socket.send(bytes);
    },
    onMessage: (handler) => {
      socket.on('message', (data, isBinary) => {
        if (isBinary) handler(data);
        else socket.close(1003, 'expected binary messages');
      });
    },
    onEnd: (handler) => {
      void end.promise.then(handler);
    },
    close: () => {
      socket.close(1007, 'expected MessagePack');
    },
  };
}
