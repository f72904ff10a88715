import { LINE, announceChange, awaitChange, control } from './control.ts';

/** A kernel as a thread's own instance of the module exports it. */
export type Kernel = (args: number, chunk: number, scratch: number) => void;

/** The calls of one entry as flat arrays: what every thread walks. */
export interface CallList<F = Kernel> {
  readonly kernels: readonly F[];
  readonly chunks: Int32Array;
  /** Addresses of each call's arguments. */
  readonly args: Uint32Array;
}

/** What a thread knows of itself and of the others. */
export interface Team {
  readonly words: Int32Array;
  readonly threads: number;
  /** Which of them this is; the main thread is 0. */
  readonly thread: number;
  readonly maySleep: boolean;
}

/** What a thread does between two chunks: thread 0 lets communication go on. */
export type Between = () => void;

/**
 * Runs this thread's part of a call list: claims chunks until none is left, meets the others, goes on to the next call. A thread
 * begins with a share of its own, the same of every call, and then helps others with theirs: chunks go through a tensor in its
 * order, so what a thread wrote in one call is what it reads in the next, from a cache near to it.
 * Every thread of the team must walk the same list. If a kernel traps on any thread, all leave early with
 * `words[control.failed]` set; the thread it happened on throws.
 */
export function walk(list: CallList, scratch: number, team: Team, between?: Between): void {
  if (team.threads === 1) walkAlone(list, scratch, team.words, between);
  else walkTogether(list, scratch, team, between);
}

function walkAlone(
  { kernels, chunks, args }: CallList,
  scratch: number,
  words: Int32Array,
  between: Between | undefined,
): void {
  let call = 0;
  try {
    for (; call < kernels.length; call++) {
      const kernel = kernels[call];
      for (let chunk = 0; chunk < chunks[call]; chunk++) {
        kernel(args[call], chunk, scratch);
        if (between !== undefined) between();
      }
    }
  } catch (error) {
    words[control.failed] = call + 1;
    throw error;
  }
}

function walkTogether(
  { kernels, chunks, args }: CallList,
  scratch: number,
  team: Team,
  between: Between | undefined,
): void {
  const { words, threads, thread, maySleep } = team;
  let call = 0;
  try {
    for (; call < kernels.length; call++) {
      const kernel = kernels[call];
      const count = chunks[call];
      for (let turn = 0; turn < threads; turn++) {
        const owner = (thread + turn) % threads;
        const begin = Math.ceil((owner * count) / threads);
        const end = Math.ceil(((owner + 1) * count) / threads);
        for (;;) {
          const chunk = begin + Atomics.add(words, control.claimed + LINE * owner, 1);
          if (chunk >= end) break;
          kernel(args[call], chunk, scratch);
          if (between !== undefined) between();
        }
      }
      // Read before arriving, since the last to arrive moves it; and before `failed`, which is set before it moves.
      const phase = Atomics.load(words, control.phase);
      if (Atomics.load(words, control.failed) !== 0) return;
      if (Atomics.add(words, control.arrived, 1) === threads - 1) {
        Atomics.store(words, control.arrived, 0);
        for (let i = 0; i < threads; i++) Atomics.store(words, control.claimed + LINE * i, 0);
        announceChange(words, control.phase, control.asleep);
      } else {
        awaitChange(words, control.phase, phase, control.asleep, maySleep);
        if (Atomics.load(words, control.failed) !== 0) return;
      }
    }
  } catch (error) {
    Atomics.store(words, control.failed, call + 1);
    announceChange(words, control.phase, control.asleep);
    throw error;
  }
}
