import type { Backend } from '../backends/backend.ts';
import type { Communicator } from '../backends/communicator.ts';
import { createReferenceBackend } from '../backends/reference/backend.ts';
import { largestProgram } from './memory.ts';

/** The reference, within this machine's memory. */
export function createNodeReferenceBackend(communicator?: Communicator): Backend {
  return createReferenceBackend(largestProgram(), communicator);
}
