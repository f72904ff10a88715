import { CardinalError } from '../errors.ts';

/** One end of a line to another thread: what a platform makes of a Worker, of `self`, of a MessagePort, of worker_threads. */
export interface ChannelPort {
  /**
   * Sends a message, copied but for what is in `transfer`: the web's `Transferable`s, which not every program's types know. Order is kept.
   * Throws if it cannot be copied.
   */
  post(message: unknown, transfer: readonly object[]): void;
  /** Whom to give each message of the other side. Several may listen: each takes what is meant for it. */
  listen(handler: (message: unknown) => void): void;
  /** Whom to tell when the other side is gone, for whatever reason: at once if it is gone already. */
  onEnd?(handler: (error: Error) => void): void;
  /** Told whether answers are awaited, when that changes: only then does a port of Node's keep its process. */
  hold?(isAwaited: boolean): void;
}

/** What the web has for messages, and a MessagePort of Node's: a Worker, `self` in one, a MessagePort. */
export interface MessageTarget {
  postMessage(message: unknown, transfer: object[]): void;
  addEventListener(
    type: 'message' | 'messageerror',
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
  /** A MessagePort gives no message before. */
  start?(): void;
}

/** That a worker has ended, only its platform knows: whoever has a way to be told adds `onEnd`. */
export function portOf(target: MessageTarget): ChannelPort {
  return {
    post: (message, transfer) => {
      target.postMessage(message, [...transfer]);
    },
    listen: (handler) => {
      target.addEventListener('message', ({ data }) => {
        handler(data);
      });
      target.start?.();
    },
    onEnd: (handler) => {
      target.addEventListener('messageerror', () => {
        handler(
          new CardinalError(
            'a message between threads cannot be read here: it holds what only another context may have',
          ),
        );
      });
    },
  };
}

/** A value whose memory moves to the other side instead of being copied. */
export class Moved<T> {
  readonly value: T;
  readonly transfer: readonly object[];

  constructor(value: T, transfer: readonly object[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** For a result or an answer: `value`, with the memory of `transfer`, which is part of it, handed over. */
export function moved<T>(value: T, transfer: readonly object[]): Moved<T> {
  return new Moved(value, transfer);
}
