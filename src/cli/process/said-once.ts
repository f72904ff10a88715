import { CommanderError } from 'commander';
import { launchOf } from '../../node/mpi/launch.ts';

/**
 * What to tell of an error of a command that ranks do together, such as a wrong flag. All have it before they know of each other, so the
 * first one tells it and ends the others.
 */
export async function saidOnce(error: unknown): Promise<unknown> {
  const launch = launchOf(process.env);
  if (launch === undefined || launch.size === 1) return error;
  if (error instanceof CommanderError && error.exitCode === 0) return error;
  const { hasOpened } = await import('../../node/mpi/open.ts');
  if (hasOpened()) return error;
  const { failedStart } = await import('../../node/mpi/start.ts');
  return failedStart(error);
}
