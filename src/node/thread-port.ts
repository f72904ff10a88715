import type { MessagePort, Transferable as NodeTransferable, Worker } from 'node:worker_threads';
import type { ChannelPort } from '../base/channel/port.ts';
import { DeviceLostError } from '../base/errors.ts';
import { threadError } from '../base/file-errors.ts';

/** A thread as the one who started it talks to it. It keeps the process alive only while an answer is awaited. `what` names it in errors. */
export function portOfThread(worker: Worker, what: string): ChannelPort {
  worker.unref();
  return {
    ...portOfTarget(worker),
    onEnd: (handler) => {
      const end = (reason: string, cause?: unknown) => {
        handler(new DeviceLostError(`${what} was lost: ${reason}`, { cause }));
      };
      worker
        .on('error', (error) => {
          const { message } = threadError(what, error);
          end(message.split('\n')[0], error);
        })
        .on('messageerror', ({ message }) => {
          end(message);
        })
        .on('exit', () => {
          end('its thread ended');
        });
    },
    hold: (isAwaited) => {
      if (isAwaited) worker.ref();
      else worker.unref();
    },
  };
}

/** The other end: `parentPort` of a thread, say. */
export function portOfTarget(target: MessagePort | Worker): ChannelPort {
  return {
    post: (message, transfer) => {
      // What the web may hand over and Node not, a canvas say, is not among what is sent here.
      target.postMessage(message, transfer as NodeTransferable[]);
    },
    listen: (handler) => {
      target.on('message', handler);
    },
  };
}
