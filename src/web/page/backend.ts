import { connect } from '../../base/channel/connect.ts';
import { portOf } from '../../base/channel/port.ts';
import { DisposedError } from '../../base/errors.ts';
import { checkOptions } from '../../base/options.ts';
import type { Backend } from '../../backends/backend.ts';
import { connectBackend } from '../../backends/remote/connect.ts';
import type { BackendService } from '../../backends/remote/service.ts';
import { wasmPlanning } from '../../backends/wasm/planning.ts';
import { aboutEngine } from './about.ts';
import { backendKinds, type WebBackendOptions } from './backend-options.ts';
import type { PageEngine } from './engine.ts';
import { Engines, keepEngines } from './engines.ts';
import { planNeedsAll } from './steps-need-all.ts';

/** A backend whose engine is a worker of the page. */
export interface WebBackend extends Backend {
  /**
   * What computes, and why not with more threads: "WebAssembly with relaxed SIMD, 4 threads (fused multiply–adds)". Whether products
   * and sums are rounded once (fused) or twice (separate) is what results depend on. It begins with "WebAssembly with relaxed SIMD for all
   * networks" once the complete scripts are at work.
   */
  readonly about: string;
}

/**
 * A backend that computes in a worker, with threads where the page is cross-origin isolated. The page never computes: it plans, sends and
 * waits.
 * @throws {UsageError} if `threads` is not a positive integer, or more than are of use.
 * @throws {CardinalError} if the engine cannot start, with the reason: a script that is not found, a policy that refuses it, threads
 * that a page without isolation cannot have.
 */
export async function createBackend(options: WebBackendOptions = {}): Promise<WebBackend> {
  checkOptions('createBackend', options, backendKinds);
  const { training = true } = options;
  return backendOf(await Engines.start(training ? 'training' : 'engine', options));
}

async function backendOf(engines: Engines): Promise<WebBackend> {
  const remotes = new Map<PageEngine, Promise<Backend>>();
  const within = (engine: PageEngine): Promise<Backend> => {
    const known = remotes.get(engine);
    if (known !== undefined) return known;
    const remote = remoteOf(engine);
    remotes.set(engine, remote);
    // Another load may succeed, and there is nothing to dispose of.
    remote.catch(() => remotes.delete(engine));
    return remote;
  };
  const first = await within(engines.newest);
  const backend: WebBackend = {
    ...first,
    load: (plan) => engines.having(planNeedsAll(plan), async (engine) => (await within(engine)).load(plan)),
    dispose: async (options) => {
      engines.close(disposed());
      try {
        await Promise.all([...remotes.values()].map(async (remote) => (await remote).dispose(options)));
      } finally {
        engines.end(disposed());
      }
    },
    get about() {
      return aboutEngine(engines.newest);
    },
  };
  keepEngines(backend, engines);
  return backend;
}

function disposed(): DisposedError {
  return new DisposedError('the backend was disposed of; create another to use it');
}

/** The backend of an engine, which computes there. */
async function remoteOf(engine: PageEngine): Promise<Backend> {
  const { port1, port2 } = new MessageChannel();
  const facts = await engine.channel.call('serveBackend', [port2], { transfer: [port2] });
  const line = portOf(port1);
  const channel = connect<BackendService>({
    ...line,
    onEnd: (handler) => {
      line.onEnd?.(handler);
      engine.onEnd(handler);
    },
  });
  const end = (): Promise<void> => {
    engine.end(disposed());
    return Promise.resolve();
  };
  return connectBackend(channel, { facts, planning: wasmPlanning(undefined), end });
}
