import type { EngineOptions } from '../run/engine-options.ts';
import type { BackendName } from './backends.ts';

/** Where a backend computes. */
export interface IsolationOptions {
  /**
   * Compute in a thread of its own instead of the calling one, which stays free for other work, such as a server's requests. It costs
   * some tens of milliseconds to start, a copy of the inputs, and as much memory as a thread of Node takes. Results are the same. Default
   * false.
   */
  readonly isolated?: boolean | undefined;
}

/** Which backend, and how it computes. */
export interface NodeBackendOptions extends EngineOptions, IsolationOptions {
  /** `wasm` (default) or `reference`, the slow specification. */
  readonly name?: BackendName | undefined;
}
