import { loadKoffi } from './koffi.ts';

/**
 * Keeps the threads of a backend apart while they compute. Linux wakes a thread on the processor of the thread that woke it if
 * no other seems free, and in a virtual machine a processor that sleeps seems taken: its host has it. Threads that wait for each
 * other then share one processor, for whole runs, beside one that does nothing.
 */
export interface Placement {
  /** Ids of the workers' threads, in shared memory: each writes its own. */
  readonly threadIds: Int32Array;
  /**
   * Does `run`, with the calling thread tied to the processor on which it is right now, and each worker to one of the others. When
   * it returns, the calling thread may go where it could before: whatever is started or counted after a run inherits nothing.
   * Workers, which sleep between runs and start nothing, stay tied.
   *
   * Tying and letting go takes 3 µs. Threads of a short run that follows another do without: they are apart already, and meet
   * before any of them sleeps. `work` identifies runs that are alike: those that took long the last time are not short.
   */
  during(work: object, run: () => void): void;
}

/** Milliseconds below which a run is short: so that tying costs others little. */
const SHORT = 0.2;

/** Milliseconds after a run for which its threads count as apart. */
const SOON = 1;

/** Bytes of a set of processors, a bit each: the most that Linux is built for. */
const SET_BYTES = 1024;

/** What is used of the C library. */
interface Scheduler {
  /** Milliseconds since some point of time. */
  now(): number;
  threadId(): number;
  processor(): number;
  /** Where the calling thread may run. */
  processors(): readonly number[];
  /** Whether these are where the calling thread may run. */
  mayUse(processors: readonly number[]): boolean;
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
  scheduler: Pick<Scheduler, 'now' | 'processor' | 'mayUse' | 'place'>,
  all: readonly number[],
): Placement {
  const caller = all.length - 1;
  const threadIds = new Int32Array(new SharedArrayBuffer(4 * caller));
  /** The processor of each worker, and behind them the caller's. */
  const places = all.map((processor) => [processor]);
  const lasted = new WeakMap<object, number>();
  let first = true;
  let ended = -Infinity;
  const placeWorker = (thread: number, worker: number): void => {
    // 0 is of one that could not tell its id, and would mean the calling thread.
    if (thread !== 0) scheduler.place(thread, places[worker]);
  };
  const tie = (): boolean => {
    // Somebody moved this process, and it is not for us to move it back.
    if (!scheduler.mayUse(all)) return false;
    const processor = scheduler.processor();
    const here = places.findIndex(([place]) => place === processor);
    if (here < 0) return false;
    [places[here], places[caller]] = [places[caller], places[here]];
    scheduler.place(0, places[caller]);
    if (first) threadIds.forEach(placeWorker);
    else if (here !== caller) placeWorker(threadIds[here], here);
    first = false;
    return true;
  };
  return {
    threadIds,
    during(work, run) {
      const begun = scheduler.now();
      const short = (lasted.get(work) ?? Infinity) < SHORT && begun - ended < SOON;
      const tied = !short && tie();
      try {
        run();
      } finally {
        if (tied) scheduler.place(0, all);
        ended = scheduler.now();
        lasted.set(work, ended - begun);
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
    const setOf = (processors: readonly number[]): Uint8Array => {
      let set = sets.get(processors);
      if (set === undefined) {
        sets.set(processors, (set = new Uint8Array(SET_BYTES)));
        for (const at of processors) set[at >> 3] |= 1 << (at & 7);
      }
      return set;
    };
    const current = new Uint8Array(SET_BYTES);
    return {
      now: () => performance.now(),
      threadId: () => Number(threadId()),
      processor: () => Number(processor()),
      processors() {
        if (getSet(0, SET_BYTES, current.fill(0)) === -1) return [];
        return Array.from({ length: 8 * SET_BYTES }, (_, i) => i).filter(
          (i) => (current[i >> 3] >> (i & 7)) & 1,
        );
      },
      mayUse: (processors) =>
        getSet(0, SET_BYTES, current) !== -1 && Buffer.compare(current, setOf(processors)) === 0,
      place(thread, processors) {
        setSet(thread, SET_BYTES, setOf(processors));
      },
    };
  } catch {
    return undefined;
  }
}
