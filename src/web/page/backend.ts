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
import { startEngine, type PageEngine } from './engine.ts';
import { keepEngine } from './engines.ts';

/** A backend whose engine is a worker of the page. */
export interface WebBackend extends Backend {
  /**
   * What computes, and why not with more threads: "WebAssembly with relaxed SIMD, 4 threads (fused multiply–adds)". Whether products
   * and sums are rounded once (fused) or twice (separate) is what results depend on.
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
  const engine = await startEngine(training ? 'training' : 'engine', options);
  return backendOf(engine);
}

async function backendOf(engine: PageEngine): Promise<WebBackend> {
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
    engine.end(new DisposedError('the backend was disposed of; create another to use it'));
    return Promise.resolve();
  };
  const remote = connectBackend(channel, { facts, planning: wasmPlanning(undefined), end });
  const backend: WebBackend = { ...remote, about: aboutEngine(engine.facts) };
  keepEngine(backend, engine);
  return backend;
}
