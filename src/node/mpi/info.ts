import { CardinalError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import { agree } from './agree.ts';
import type { MpiCommunicator } from './communicator.ts';
import { keepaliveFlags, launchOf, unconnectedTasks } from './launch.ts';
import { installedLibraries } from './library.ts';
import { measureExchange, type ExchangeSpeed } from './measure.ts';

/** What `doctor` reports on MPI. */
export interface MpiInfo {
  /** Libraries that can be used. */
  readonly libraries: readonly { readonly version: string; readonly path: string }[];
  /** Why the one that `CARDINAL_MPI` names cannot be used. */
  readonly problem: string | null;
  /** What started this process as one of several; null if nothing did. */
  readonly startedBy: string | null;
  /** Tasks of Slurm that know nothing of each other; null if there are none. */
  readonly unconnectedTasks: number | null;
  /** Flags that the launcher lacks to end soon when a host is lost; null if it lacks none. */
  readonly keepaliveFlags: string | null;
  /** What the ranks measured; null for a process that is alone. */
  readonly ranks: (ExchangeSpeed & { readonly size: number; readonly hosts: readonly string[] }) | null;
}

/** What there is of MPI, and how fast the ranks are that were started together. All of them call it; none but the first needs the answer. */
export async function mpiInfo(communicator: MpiCommunicator | undefined): Promise<MpiInfo> {
  const common = {
    startedBy: launchOf(process.env)?.by ?? null,
    unconnectedTasks: unconnectedTasks(process.env) ?? null,
    keepaliveFlags: (communicator && keepaliveFlags(process.env, communicator)) ?? null,
  };
  if (communicator !== undefined) {
    agree(communicator, { version: VERSION, library: communicator.library });
    const { size, hosts, library, libraryPath } = communicator;
    const ranks = { size, hosts: [...new Set(hosts)], ...measureExchange(communicator) };
    return { ...common, libraries: [{ version: library, path: libraryPath }], problem: null, ranks };
  }
  try {
    const libraries = (await installedLibraries()).map(({ version, path }) => ({ version, path }));
    return { ...common, libraries, problem: null, ranks: null };
  } catch (error) {
    if (!(error instanceof CardinalError)) throw error;
    return { ...common, libraries: [], problem: error.message, ranks: null };
  }
}
