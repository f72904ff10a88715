import type { Communicator } from '../backends/communicator.ts';
import type { EngineOptions } from '../run/engine-options.ts';

/** How a backend of this platform is created. `threads` is a valid number. */
export interface NodeEngineOptions extends EngineOptions {
  readonly threads: number;
  readonly communicator?: Communicator | undefined;
}
