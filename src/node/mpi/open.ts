import { hostname } from 'node:os';
import { CardinalError } from '../../base/errors.ts';
import type { Koffi } from '../koffi.ts';
import { MpiCommunicator } from './communicator.ts';
import { launchOf, type Launch } from './launch.ts';
import { libraryFor, wantedMpi } from './library.ts';
import { Mpi } from './mpi.ts';
import { usualLimits, type Limits } from './patience.ts';
import { recoverPmiSocket } from './pmi-socket.ts';
import { failedStart, startWithin } from './start.ts';

/** Options of `openCommunicator`. */
export interface CommunicatorOptions {
  /** Default: of `CARDINAL_MPI_TIMEOUT`, or ten seconds until a notice, a minute of silence, ten minutes in all. */
  readonly limits?: Limits;
  /** Gets a line when this rank has waited long for others, on one of those that wait. Default: none does. */
  readonly onNotice?: (message: string) => void;
}

let isOpened = false;

/** Whether `openCommunicator` was called where there are ranks: from then on errors are theirs together. */
export function hasOpened(): boolean {
  return isOpened;
}

/**
 * The ranks that were started together with this process, by mpirun, mpiexec or srun. Undefined for a process that was not started so, or
 * is the only one: then MPI is not even loaded. MPI is started in the calling thread, once in a process; all ranks wait for each other.
 * Close it at the end; a process that ends without takes all others along. Throws a `CardinalError` if the library that is needed is
 * missing, broken or another one than the launcher's, or a rank does not come.
 */
export async function openCommunicator(
  options: CommunicatorOptions = {},
): Promise<MpiCommunicator | undefined> {
  const launch = launchOf(process.env);
  if (launch === undefined || launch.size === 1 || wantedMpi() === 'off') return undefined;
  if (isOpened) throw new CardinalError('MPI can be started once in a process, and has been');
  isOpened = true;
  try {
    return await start(launch, options);
  } catch (error) {
    throw failedStart(error);
  }
}

async function start(launch: Launch, options: CommunicatorOptions): Promise<MpiCommunicator> {
  const limits = options.limits ?? usualLimits();
  const library = await libraryFor(launch);
  recoverPmiSocket(library.koffi);
  const mpi = new Mpi(library);
  const place = await startWithin(limits.start, () => mpi.init());
  if (place.size !== (launch.size ?? place.size)) {
    throw new CardinalError(
      `${launch.by} started ${launch.size} ranks, ${library.version} (${library.path}) sees ${place.size}: it does not belong to this launcher; name another library with CARDINAL_MPI`,
    );
  }
  const communicator = new MpiCommunicator(mpi, place, {
    limits,
    tell: options.onNotice ?? (() => undefined),
    giveWay: yielding(library.koffi),
  });
  communicator.introduce({ host: hostname(), pid: process.pid });
  return communicator;
}

/** Lets other threads have the processor: those of other ranks on this machine, if there are more than processors. */
function yielding(koffi: Koffi): () => void {
  const schedule = koffi.load(null).func('int sched_yield(void)');
  return () => {
    schedule();
  };
}
