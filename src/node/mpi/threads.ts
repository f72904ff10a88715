import { availableParallelism, cpus } from 'node:os';
import { defaultThreads } from '../threads.ts';
import type { MpiCommunicator } from './communicator.ts';

/**
 * How many threads a rank has where nobody says: its part of the machine's. A launcher that binds ranks to processors, as Open MPI's does,
 * has divided them already.
 */
export function threadsOfRank({ hosts, rank }: Pick<MpiCommunicator, 'hosts' | 'rank'>): number {
  const isBound = availableParallelism() < cpus().length;
  const neighbours = hosts.filter((host) => host === hosts[rank]).length;
  return isBound ? defaultThreads() : Math.max(1, Math.floor(defaultThreads() / neighbours));
}
