/**
 * The words by which the threads of one backend meet, in a small shared array of their own. Words that different threads
 * write at the same time lie on different cache lines (16 words).
 */
export const control = {
  /** Moves when there is anything new for workers, a run or a message. Idle workers sleep on it. */
  news: 0,
  /** Program of the current run, and which of its lists is walked. */
  program: 1,
  list: 2,
  /** Counts runs; moves after `program` and `list` are set. */
  runs: 3,
  /** Messages the main thread has posted to each worker: a worker that has handled fewer goes back to listen. */
  posted: 4,
  /** Workers asleep on `news`. */
  idle: 16,
  /** Threads that have arrived at the barrier of the current call. */
  arrived: 32,
  /** Counts barriers passed. Threads that wait at a barrier sleep on it. */
  phase: 48,
  /** Threads asleep on `phase`. */
  asleep: 64,
  /** Index of the call that trapped, plus one; `NOT_BEGUN`; `LOST`; 0 while all is well. */
  failed: 80,
  /** How many chunks of the first thread's share of the current call have been claimed; the other threads' follow, a line each. */
  claimed: 96,
} as const;

/** Words of a cache line. */
export const LINE = 16;

/** Words by which so many threads meet. */
export const controlWords = (threads: number): number => control.claimed + LINE * threads;

/** In `failed`: a thread could not begin the run. */
export const NOT_BEGUN = -1;

/** In `failed`: a thread is gone. */
export const LOST = -2;

/** Turns of a waiting loop before a thread goes to sleep: some tens of microseconds, about what waking it costs. */
const SPINS = 10_000;

/** Returns once word `index` is no longer `old`. Spins first, then sleeps, counted in word `sleepers`, if `maySleep`. */
export function awaitChange(
  words: Int32Array,
  index: number,
  old: number,
  sleepers: number,
  maySleep: boolean,
): void {
  for (let spin = 0; spin < SPINS || !maySleep; spin++) {
    if (Atomics.load(words, index) !== old) return;
  }
  Atomics.add(words, sleepers, 1);
  while (Atomics.load(words, index) === old) Atomics.wait(words, index, old);
  Atomics.sub(words, sleepers, 1);
}

/** Changes word `index` and wakes whoever `awaitChange` put to sleep on it. */
export function announceChange(words: Int32Array, index: number, sleepers: number): void {
  Atomics.add(words, index, 1);
  if (Atomics.load(words, sleepers) > 0) Atomics.notify(words, index);
}

/** Tells all threads that one is gone: whoever waits for it would wait for ever. For whoever learns of it while they sleep. */
export function announceLoss(words: Int32Array): void {
  Atomics.compareExchange(words, control.failed, 0, LOST);
  announceChange(words, control.phase, control.asleep);
}
