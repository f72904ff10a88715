import { connect } from '../../base/channel/connect.ts';
import type { ChannelPort } from '../../base/channel/port.ts';
import type { Channel, Service } from '../../base/channel/service.ts';
import { DeviceLostError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import { announceLoss } from '../../backends/wasm/control.ts';
import type { EngineFacts } from '../engine/backend.ts';
import type { EngineService } from '../engine/service.ts';
import type { WatchedThread } from '../engine/spawn-thread.ts';
import { lifeName, whenGone } from '../life.ts';
import { scriptsAt, type Networks } from '../scripts.ts';
import { startWorker } from '../start-worker.ts';
import type { WebBackendOptions } from './backend-options.ts';
import { threadsFor } from './threads.ts';

/** Until it has loaded its kernels and started its threads, which may take 60 seconds to say that they cannot. */
const startSeconds = 120;

/** Whether it is to train as well, or tells more of pictures than their classes. */
export type EngineScript = 'engine' | 'training' | 'explain';

export type EngineOptions = Pick<WebBackendOptions, 'threads' | 'kernels' | 'base' | 'scripts' | 'networks'>;

/** An engine as its page holds it. */
export interface PageEngine<S extends Service<S> = EngineService> {
  readonly channel: Channel<S>;
  readonly facts: EngineFacts;
  /** Which networks its script is for. */
  readonly networks: Networks;
  /** Tells when it is gone, for whatever reason; at once if it is. */
  onEnd(handler: (error: Error) => void): void;
  /** Ends it, with the reason for whoever waits for something. May be called again. */
  end(error: Error): void;
}

/**
 * Starts an engine, which computes so that the page does not. `More` is what the script does beside what every engine does.
 * @throws {CardinalError} if it cannot start, with the reason.
 */
export async function startEngine<More extends Service<More> = object>(
  script: EngineScript,
  { threads, kernels, base, scripts: given, networks = 'resnext' }: EngineOptions,
): Promise<PageEngine<EngineService & More>> {
  const options = { threads: threadsFor(threads), kernels };
  const scripts = { ...scriptsAt(base, networks), ...given };
  const life = lifeName();
  const worker = startWorker(scripts[script], 'the engine', startSeconds);
  const channel = connect<EngineService & More>(worker.port);
  const over = new AbortController();
  worker.port.onEnd?.(() => {
    over.abort();
  });
  watchThreads(worker.port, over.signal);
  // The compiler cannot see that what every engine does is among what this one does.
  const every = channel as unknown as Channel<EngineService>;
  try {
    const facts = await every.call('begin', [{ ...options, version: VERSION, scripts, life }]);
    const end = (error: Error): void => {
      worker.end(error);
    };
    whenGone(life, over.signal, () => {
      end(new DeviceLostError('the engine was lost: its worker ended'));
    });
    const onEnd = (handler: (error: Error) => void): void => {
      worker.port.onEnd?.(handler);
    };
    return { channel, facts, networks, onEnd, end };
  } catch (error) {
    worker.end(new Error('the engine did not begin'));
    throw error;
  }
}

/** Wakes an engine that sleeps because it waits for one of its threads, if that is gone. */
function watchThreads(port: ChannelPort, signal: AbortSignal): void {
  port.listen((message) => {
    const { watch, words } = message as Partial<WatchedThread>;
    if (words === undefined) return;
    whenGone(watch, signal, () => {
      announceLoss(words);
    });
  });
}
