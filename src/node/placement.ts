import { loadKoffi } from './koffi.ts';

/**
 * Keeps the threads of a backend apart while they compute. Linux wakes a thread on the processor of the thread that woke it if
 * no other seems free, and in a virtual machine a processor that sleeps seems taken: its host has it. Threads that wait for each
 * other then share one processor, for whole runs, beside one that does nothing.
 */
export interface Placement {
  /** Ids of the workers' threads, in shared memory: each writes its own. */
  readonly threadIds: Int32Array;
  /** Ties the calling thread to the processor on which it runs right now, and each worker to one of the others. */
  tie(): void;
  /**
   * Lets the calling thread go where it could before, once it does something else than run after run: tying and letting go at
   * every run costs short ones a quarter of their time. Workers, which sleep between runs, stay tied.
   */
  release(): void;
}

/** Bytes of a set of processors, a bit each: the most that Linux is built for. */
const SET_BYTES = 1024;

/** What is used of the C library. */
interface Scheduler {
  /** Calls back when the event loop comes round. */
  later(callback: () => void): void;
  threadId(): number;
  processor(): number;
  processors(): readonly number[];
  /** Lets a thread, or for 0 the calling one, run on these alone. */
  place(threadId: number, processors: readonly number[]): void;
}

/**
 * A placement for so many threads, the calling one included. Undefined where it is not wanted: where there are fewer threads
 * than processors the system has room to choose, and another program may want those that we would choose; and where it
 * cannot be had, without koffi or outside Linux.
 */
export async function openPlacement(threads: number): Promise<Placement | undefined> {
  if (threads === 1 || process.env['CARDINAL_PLACEMENT'] === '0') return undefined;
  const scheduler = await openScheduler();
  const processors = scheduler?.processors() ?? [];
  return scheduler !== undefined && processors.length === threads
    ? placementOf(scheduler, processors)
    : undefined;
}

/** Writes the calling thread's id: to be done by each worker before it answers for the first time. */
export async function announceThread(threadId: Int32Array): Promise<void> {
  const scheduler = await openScheduler();
  Atomics.store(threadId, 0, scheduler?.threadId() ?? 0);
}

/** @internal */
export function placementOf(
  scheduler: Pick<Scheduler, 'later' | 'processor' | 'place'>,
  all: readonly number[],
): Placement {
  const caller = all.length - 1;
  const threadIds = new Int32Array(new SharedArrayBuffer(4 * caller));
  /** The processor of each worker, and behind them the caller's. */
  const places = all.map((processor) => [processor]);
  let first = true;
  let tied = false;
  let leaving = false;
  const placeWorker = (thread: number, worker: number): void => {
    // 0 is of one that could not tell its id, and would mean the calling thread.
    if (thread !== 0) scheduler.place(thread, places[worker]);
  };
  const letGo = (): void => {
    scheduler.place(0, all);
    tied = leaving = false;
  };
  return {
    threadIds,
    tie() {
      if (tied) return;
      const processor = scheduler.processor();
      const here = places.findIndex(([place]) => place === processor);
      // Not one of ours any more: somebody moved this process, and it is not for us to move it back.
      if (here < 0) return;
      [places[here], places[caller]] = [places[caller], places[here]];
      scheduler.place(0, places[caller]);
      if (first) threadIds.forEach(placeWorker);
      else if (here !== caller) placeWorker(threadIds[here], here);
      first = false;
      tied = true;
    },
    release() {
      if (tied && !leaving) {
        leaving = true;
        scheduler.later(letGo);
      }
    },
  };
}

async function openScheduler(): Promise<Scheduler | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const koffi = await loadKoffi();
    // What the process itself has loaded, whichever C library that is.
    const library = koffi.load(null);
    const threadId = library.func('int gettid()');
    const processor = library.func('int sched_getcpu()');
    const getSet = library.func('int sched_getaffinity(int thread, size_t size, _Out_ uint8_t *set)');
    const setSet = library.func('int sched_setaffinity(int thread, size_t size, uint8_t *set)');
    /** Nothing is made in a run that was made in one before. */
    const sets = new Map<readonly number[], Uint8Array>();
    return {
      later: (callback) => void setImmediate(callback),
      threadId: () => Number(threadId()),
      processor: () => Number(processor()),
      processors() {
        const set = new Uint8Array(SET_BYTES);
        if (getSet(0, SET_BYTES, set) === -1) return [];
        return Array.from({ length: 8 * SET_BYTES }, (_, i) => i).filter((i) => (set[i >> 3] >> (i & 7)) & 1);
      },
      place(thread, processors) {
        let set = sets.get(processors);
        if (set === undefined) {
          sets.set(processors, (set = new Uint8Array(SET_BYTES)));
          for (const at of processors) set[at >> 3] |= 1 << (at & 7);
        }
        setSet(thread, SET_BYTES, set);
      },
    };
  } catch {
    return undefined;
  }
}
