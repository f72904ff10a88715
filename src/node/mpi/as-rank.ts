import type { MpiCommunicator } from './communicator.ts';
import { AgreedError, RankLostError, SaidElsewhereError } from './errors.ts';
import { openCommunicator, type CommunicatorOptions } from './open.ts';
import { pause } from './patience.ts';
import { inTurn } from './start.ts';

/** What the rank that speaks has to say it and end the others, in milliseconds. */
const speaking = 5000;

/**
 * Does the work of this rank among those that were started together, or alone: then `work` gets undefined. MPI ends when all are done and this
 * process exits, so what is to be printed is printed by `work`. Where a rank fails, all end, and one of them says why: this throws what that one has
 * to print, with its rank if it is not the first, and elsewhere a `SaidElsewhereError`. The process must exit then, with a code that is not 0; at its
 * exit the others are ended, too.
 */
export async function asRank<T>(
  work: (communicator: MpiCommunicator | undefined) => Promise<T>,
  options: CommunicatorOptions = {},
): Promise<T> {
  const communicator = await openCommunicator(options);
  if (communicator === undefined) return await work(undefined);
  try {
    const result = await work(communicator);
    communicator.close();
    return result;
  } catch (error) {
    throw toSay(communicator, error);
  }
}

function toSay(communicator: MpiCommunicator, error: unknown): unknown {
  const speaks = communicator.speaksFor(error);
  if (error instanceof AgreedError) {
    // All know, so they part in peace: mpirun has no abort to report.
    communicator.close();
    return speaks ? error : new SaidElsewhereError(error.message, { cause: error, exitCode: error.exitCode });
  }
  if (error instanceof RankLostError) {
    if (speaks) return error;
    // Usually it ends this process meanwhile.
    pause(speaking);
    return new SaidElsewhereError(error.message, { cause: error });
  }
  return inTurn(error, communicator.rank, (milliseconds) => {
    communicator.linger(milliseconds);
  });
}
