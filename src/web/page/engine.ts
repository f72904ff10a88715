import { connect } from '../../base/channel/connect.ts';
import type { Channel, Service } from '../../base/channel/service.ts';
import { DeviceLostError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import type { EngineFacts } from '../engine/backend.ts';
import type { EngineService } from '../engine/service.ts';
import { lifeName, whenGone } from '../life.ts';
import { scriptsAt } from '../scripts.ts';
import { startWorker } from '../start-worker.ts';
import type { WebBackendOptions } from './backend-options.ts';
import { threadsFor } from './threads.ts';

/** Until it has loaded its kernels and started its threads, which may take 60 seconds to say that they cannot. */
const startSeconds = 120;

/** An engine as its page holds it. */
export interface PageEngine<S extends Service<S> = EngineService> {
  readonly channel: Channel<S>;
  readonly facts: EngineFacts;
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
  script: 'engine' | 'training',
  { threads, kernels, base }: Pick<WebBackendOptions, 'threads' | 'kernels' | 'base'>,
): Promise<PageEngine<EngineService & More>> {
  const options = { threads: threadsFor(threads), kernels };
  const scripts = scriptsAt(base);
  const life = lifeName();
  const worker = startWorker(scripts[script], 'the engine', startSeconds);
  const channel = connect<EngineService & More>(worker.port);
  // The compiler cannot see that what every engine does is among what this one does.
  const every = channel as unknown as Channel<EngineService>;
  try {
    const facts = await every.call('begin', [{ ...options, version: VERSION, scripts, life }]);
    const over = new AbortController();
    const end = (error: Error): void => {
      worker.end(error);
    };
    whenGone(life, over.signal, () => {
      end(new DeviceLostError('the engine was lost: its worker ended'));
    });
    const onEnd = (handler: (error: Error) => void): void => {
      worker.port.onEnd?.(handler);
    };
    onEnd(() => {
      over.abort();
    });
    return { channel, facts, onEnd, end };
  } catch (error) {
    worker.end(new Error('the engine did not begin'));
    throw error;
  }
}
