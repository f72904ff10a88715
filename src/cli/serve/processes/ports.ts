import type { Serializable } from 'node:child_process';
import type { Worker } from 'node:cluster';
import type { ChannelPort } from '../../../base/channel/port.ts';
import { CardinalError } from '../../../base/errors.ts';

/** One of the processes as the first one talks to it. */
export function portOfMember(worker: Worker): ChannelPort {
  return {
    post: (message) => {
      // A message that gets lost is one to a process that ends, which `onEnd` hears of.
      worker.send(message as Serializable, () => undefined);
    },
    listen: (handler) => {
      worker.on('message', handler);
    },
    onEnd: (handler) => {
      worker.on('disconnect', () => {
        handler(new CardinalError(`process ${worker.process.pid ?? '?'} ended`));
      });
    },
  };
}

/** The other end: the first process as the others talk to it. When that is gone, node:cluster ends this one. */
export function portOfFirst(): ChannelPort {
  return {
    post: (message) => {
      process.send?.(message, undefined, undefined, () => undefined);
    },
    listen: (handler) => {
      process.on('message', handler);
    },
  };
}
