import type * as pool from '../../src/node/data/pool.ts';
import type * as heartbeat from '../../src/node/lock/heartbeat.ts';
import type { HeartbeatData } from '../../src/node/lock/write-record.ts';

/**
 * What stands for the threads of a run in tests of many short ones, by `vi.mock`: starting them takes most of the time of
 * such a run, and they have no part in what is written.
 */

/** Pictures are read in the calling thread. */
export async function withoutWorkers(original: () => Promise<typeof pool>): Promise<typeof pool> {
  const real = await original();
  return { ...real, workerPool: real.localPool };
}

/** A lock's heart beats in the calling thread. */
export async function withoutHeartbeatThread(
  original: () => Promise<typeof heartbeat>,
): Promise<Pick<typeof heartbeat, 'startHeartbeat'>> {
  const { startHeartbeat } = await original();
  return { startHeartbeat: (data: HeartbeatData) => startHeartbeat(data, 'timer') };
}
