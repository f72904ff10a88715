import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { readUntil } from '../../support/eventually.ts';

setFlagsFromString('--expose-gc');
// The flag gives new contexts a function `gc`; nothing types it.
const collectGarbage = runInNewContext('gc') as () => void;

/** What a process holds once all garbage is collected. */
export interface Holdings {
  /** What keeps it alive, timers and sockets say, and how many of each. */
  readonly alive: Readonly<Record<string, number>>;
  readonly descriptors: number;
  readonly threads: number;
  /** Bytes of the heap, and of buffers beside it. */
  readonly heap: number;
  readonly buffers: number;
}

export async function holdings(): Promise<Holdings> {
  await collected();
  const alive: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) alive[kind] = (alive[kind] ?? 0) + 1;
  const { heapUsed: heap, external, arrayBuffers } = process.memoryUsage();
  return {
    ...{ alive, heap, buffers: external + arrayBuffers },
    descriptors: entriesOf('/proc/self/fd'),
    threads: ownThreads(),
  };
}

/** Once two readings agree in all but bytes: what has ended by name may still be on its way out. */
export async function settledHoldings(): Promise<Holdings> {
  let last = await holdings();
  const isSettled = (now: Holdings): boolean => {
    const same = grown(last, now).length === 0 && grown(now, last).length === 0;
    last = now;
    return same;
  };
  return readUntil(holdings, isSettled);
}

/** What there is more of than before, in words. Other bytes of the heap come and go: there are limits for them. */
export function grown(before: Holdings, after: Holdings): readonly string[] {
  const heap = after.heap - before.heap;
  const buffers = after.buffers - before.buffers;
  return [
    ...Object.entries({ ...after.alive, descriptors: after.descriptors, threads: after.threads })
      .map(([kind, now]): [string, number, number] => [kind, countOf(before, kind), now])
      .filter(([, then, now]) => now > then)
      .map(([kind, then, now]) => `${kind}: ${then}, then ${now}`),
    ...(heap < mostHeap ? [] : [`heap: ${heap} bytes more`]),
    ...(buffers < mostBuffers ? [] : [`buffers: ${buffers} bytes more`]),
  ];
}

const [mostHeap, mostBuffers] = [8 * 2 ** 20, 2 ** 20];

function countOf({ alive, descriptors, threads }: Holdings, kind: string): number {
  return { ...alive, descriptors, threads }[kind] ?? 0;
}

/** libvips starts and ends threads of its own as it likes. */
function ownThreads(): number {
  if (process.platform !== 'linux') return 0;
  const names = readdirSync('/proc/self/task').map((id) => readIfThere(`/proc/self/task/${id}/comm`));
  return names.filter((name) => name !== undefined && !name.startsWith('libvips')).length;
}

/** Undefined of a thread that has ended meanwhile. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Objects that are to be gone in the end. */
export class Mortals {
  readonly #seen: { readonly kind: string; readonly object: WeakRef<object> }[] = [];

  note(kind: string, object: object): void {
    this.#seen.push({ kind, object: new WeakRef(object) });
  }

  /** How many were noted, and how many of them are still there, by kind. */
  async left(): Promise<Readonly<Record<string, { readonly noted: number; readonly left: number }>>> {
    await collected();
    const counts: Record<string, { noted: number; left: number }> = {};
    for (const { kind, object } of this.#seen) {
      const count = (counts[kind] ??= { noted: 0, left: 0 });
      count.noted++;
      if (object.deref() !== undefined) count.left++;
    }
    return counts;
  }
}

/** What was referred to in the last turns of the event loop is garbage after them. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await nextTurn();
    collectGarbage();
  }
}

/** 0 where there is no such folder. */
function entriesOf(folder: string): number {
  return existsSync(folder) ? readdirSync(folder).length : 0;
}
