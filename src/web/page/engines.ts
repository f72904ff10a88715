import { UsageError } from '../../base/errors.ts';
import type { Backend } from '../../backends/backend.ts';
import type { PageEngine } from './engine.ts';

const engines = new WeakMap<Backend, PageEngine>();

/** Remembers which engine a backend computes in. */
export function keepEngine(backend: Backend, engine: PageEngine): void {
  engines.set(backend, engine);
}

/** The engine of a backend that this page created. Throws a `UsageError` for any other. */
export function engineOf(what: string, backend: Backend): PageEngine {
  const engine = engines.get(backend);
  if (engine !== undefined) return engine;
  throw new UsageError(
    `${what}: expected a backend that createBackend of cardinal-nn/web gave, which has a worker, got another`,
  );
}
