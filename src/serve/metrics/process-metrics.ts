import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/**
 * Memory, processor, event loop and garbage collection of this process, under the names that Prometheus' clients have for them. They are
 * the process's, however many servers it has: each would leave an observer of garbage collection behind that nobody can end.
 */
export function processMetrics(): Registry {
  if (registry !== undefined) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
