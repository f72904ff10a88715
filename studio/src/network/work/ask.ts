import { connect, portOf, type Channel } from 'cardinal-nn/studio';
import { CardinalError } from 'cardinal-nn';
import type { NetworkWork } from './service.ts';

let channel: Channel<NetworkWork> | undefined;

/** Asks the worker, which is started by the first question. */
export function ask<K extends keyof NetworkWork>(
  name: K,
  ...args: NetworkWork[K]['args']
): Promise<NetworkWork[K]['result']> {
  channel ??= start();
  return channel.call(name, args);
}

function start(): Channel<NetworkWork> {
  const worker = new Worker(new URL('./count-worker.ts', import.meta.url), { type: 'module' });
  const made = connect<NetworkWork>(portOf(worker));
  worker.addEventListener('error', ({ message }) => {
    made.end(new CardinalError(`what counts networks could not be started: ${message}; reload the page`));
    channel = undefined;
  });
  return made;
}
