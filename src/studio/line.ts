import type { ChannelPort } from '../base/channel/port.ts';
import { CardinalError, messageOf } from '../base/errors.ts';
import { decodeMessage, encodeMessage } from './codec.ts';

/** What carries binary messages in both directions: one end of a WebSocket, of the web's or of Node's. */
export interface MessageLine {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Whom to give the bytes of each message of the other side. */
  onMessage(handler: (bytes: Uint8Array) => void): void;
  /** Whom to tell once that the line is gone, for whatever reason. */
  onEnd(handler: (error: Error) => void): void;
  /** Cuts it: what came was no message. */
  close(): void;
}

/** A channel's end on a line. What is sent is copied as MessagePack: nothing is handed over. */
export function portOfLine(line: MessageLine): ChannelPort {
  const told: ((error: Error) => void)[] = [];
  let ended: Error | undefined;
  const end = (error: Error): void => {
    if (ended !== undefined) return;
    ended = error;
    for (const handler of told) handler(error);
  };
  line.onEnd(end);
  return {
    post: (message) => {
      if (ended === undefined) line.send(encodeMessage(message));
    },
    listen: (handler) => {
      line.onMessage((bytes) => {
        let message: unknown;
        try {
          message = decodeMessage(bytes);
        } catch (error) {
          line.close();
          end(error instanceof CardinalError ? error : new CardinalError(messageOf(error), { cause: error }));
          return;
        }
        handler(message);
      });
    },
    onEnd: (handler) => {
      if (ended !== undefined) handler(ended);
      else told.push(handler);
    },
  };
}
