import * as portable from '../../run/training/run.ts';
import type { MpiCommunicator } from '../mpi/communicator.ts';
import { runPlatform } from '../run-platform.ts';
import type { RunRequest } from './options.ts';

/**
 * Does a run on this machine, from pictures to report: the one path of `trainOn`, the command line and studies.
 *
 * Throws a `CardinalError` if data, network, weights and options do not fit together, a file cannot be read or written, or
 * another process has the folder, or ranks differ.
 */
export function trainRun(request: RunRequest, communicator?: MpiCommunicator): Promise<portable.RunOutcome> {
  return portable.trainRun(request, runPlatform(request.options.hub, { communicator }));
}
