import { setTimeout } from 'node:timers/promises';
import { availableParallelism } from 'node:os';
import type { z } from 'zod/mini';
import { requireSame } from '../compare/same.ts';
import { answerOf } from './child.ts';
import { loadedSchema, type Loaded } from './count.ts';
import type { loadSchema } from './load.ts';
import { loopsSchema } from './loops.ts';
import { RunningServer, servers } from './server.ts';
import type { Served } from './served.ts';

/** Clients of the closed loops. */
export const closedLoops = [1, 8, 32] as const;
/** The open loop: so many times what batches of eight without a server reach. */
export const overload = 10;
/** Seconds of a closed loop, of a loop in process, and of the open loop. */
const seconds = { closed: 5, loop: 3 };
export const openSeconds = 4;
/** Threads of some libraries spin on after a run, on the cores that the next one wants. Milliseconds. */
const pause = 300;

type Load = Omit<z.infer<typeof loadSchema>, 'url' | 'pictures'>;
type Loops = z.infer<typeof loopsSchema>;

/** What one server did in a round. */
export interface ServerRound {
  readonly name: string;
  /** In the order of `closedLoops`. */
  readonly closed: readonly Loaded[];
  readonly open: Loaded;
  /** Resident memory at most, in bytes, before the open loop and in it. */
  readonly peaks: readonly [closed: number, open: number];
  /** It still answers after the open loop. */
  readonly isAlive: boolean;
}

/** Everyone in turn, once. */
export interface Round {
  readonly loops: Loops;
  /** Requests a second of the open loop. */
  readonly offered: number;
  readonly servers: readonly ServerRound[];
}

/** Does a round. Throws a `CardinalError` if a server answers something else than the library. */
export async function measureRound(served: Served, threads: number = availableParallelism()): Promise<Round> {
  const loops = loopsSchema.parse(
    await answerOf('loops.ts', [JSON.stringify(served), String(seconds.loop), String(threads)]),
  );
  const offered = Math.ceil(overload * capacityOf(loops));
  const rounds: ServerRound[] = [];
  for (const server of servers) {
    await setTimeout(pause);
    const running = await RunningServer.start(server, served, threads);
    try {
      await requireSameAnswers(running, served, loops);
      rounds.push(await measureServer(running, served, offered));
    } finally {
      await running.stop();
    }
  }
  return { loops, offered, servers: rounds };
}

/** Pictures a second in batches of eight without a server: computing alone, or with decoding, whichever is faster. */
export function capacityOf({ eights, prepared }: Loops): number {
  return Math.max(rateOf(eights), rateOf(prepared));
}

/** Pictures a second of a loop. */
export function rateOf({ times, pictures }: Loops['one']): number {
  return (1000 * pictures * times.length) / times.reduce((sum, time) => sum + time, 0);
}

async function measureServer(running: RunningServer, served: Served, offered: number): Promise<ServerRound> {
  const { url } = running;
  const ask = async (load: Load): Promise<Loaded> => {
    await setTimeout(pause);
    const { pictures } = served;
    return loadedSchema.parse(await answerOf('load.ts', [JSON.stringify({ ...load, url, pictures })]));
  };
  await ask({ clients: 8, seconds: 2 });
  await running.forgetPeak();
  const closed: Loaded[] = [];
  for (const clients of closedLoops) closed.push(await ask({ clients, seconds: seconds.closed }));
  const before = (await running.peakBytes()) ?? NaN;
  await running.forgetPeak();
  const open = await ask({ rate: offered, seconds: openSeconds });
  const during = (await running.peakBytes()) ?? NaN;
  return { name: running.name, closed, open, peaks: [before, during], isAlive: running.isAlive };
}

/** Probabilities to 1e-4 of the largest, as logits of the other suites. */
async function requireSameAnswers(running: RunningServer, served: Served, loops: Loops): Promise<void> {
  for (const [index, expected] of loops.probabilities.entries()) {
    const got = await running.probabilities(served.pictures[index], expected.length);
    requireSame(`${running.name}'s server`, got, Float32Array.from(expected), [
      { name: `probabilities of picture ${index}`, length: Infinity, limit: { each: 1e-4 } },
    ]);
  }
}
