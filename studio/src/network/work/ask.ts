import { connect, portOf, type Channel } from 'cardinal-nn/studio';
import { CardinalError } from 'cardinal-nn';
import type { NetworkWork } from './service.ts';

type WorkerName = 'counts' | 'plans';

const channels = new Map<WorkerName, Channel<NetworkWork>>();

/** Asks a worker, which is started by the first question. Plans have one of their own: what is counted does not wait for them. */
export function ask<K extends keyof NetworkWork>(
  name: K,
  ...args: NetworkWork[K]['args']
): Promise<NetworkWork[K]['result']> {
  const which = name === 'program' ? 'plans' : 'counts';
  const channel = channels.get(which) ?? start(which);
  channels.set(which, channel);
  return channel.call(name, args);
}

function start(which: WorkerName): Channel<NetworkWork> {
  const worker = new Worker(new URL('./count-worker.ts', import.meta.url), { type: 'module' });
  const made = connect<NetworkWork>(portOf(worker));
  worker.addEventListener('error', ({ message }) => {
    made.end(new CardinalError(`what counts networks could not be started: ${message}; reload the page`));
    channels.delete(which);
  });
  return made;
}
