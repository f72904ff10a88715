import { roundUp } from '../../base/round-up.ts';
import { byEntry } from '../../plan/plan.ts';
import type { ByEntry, Entry, Plan, Step } from '../../plan/plan.ts';
import { CACHE_LINE } from '../cpu.ts';
import { communicates } from '../reductions.ts';
import type { Call, Keep } from './call.ts';
import type { Lowerer } from './lower/index.ts';
import type { CallList } from './walk.ts';

/** All calls of a plan, and the words of their arguments, which lie at `argsAddress` in the program's memory. */
export interface LoweredPlan {
  readonly lists: readonly CallList<string>[];
  /** What a run of an entry does: lists, by their index, and between them what the calling thread communicates. */
  readonly runs: ByEntry<readonly (number | Step)[]>;
  readonly words: Int32Array<ArrayBuffer>;
  /** A multiple of a cache line. */
  readonly argsAddress: number;
}

/** Addresses from `begin` on, below `end`, for what is made of weights and stays: packed weights, say. */
export interface Room {
  readonly begin: number;
  readonly end: number;
}

/**
 * Lowers every step, once. Where weights stay as they are, in a plan that does not train, what is made of them alone is moved
 * to the prologue and kept in `room`; arguments follow behind it.
 */
export function lowerPlan(plan: Plan, room: Room, lowerer: Lowerer): LoweredPlan {
  const once: Call[] = [];
  const kept = keeping(plan, room, (calls) => {
    for (const call of calls) once.push(call);
    return [];
  });
  const cut = (entry: Entry): readonly Part[] =>
    partsOf(plan.steps[entry], lowerer.lower(plan.steps[entry], plan.workspace, kept.keep));
  const parts = byEntry(plan.steps, cut);
  const top = kept.end();

  const words: number[] = [];
  const lists: CallList<string>[] = [];
  const runs = byEntry(parts, (entry) =>
    parts[entry].flatMap(({ calls, then }) => {
      lists.push(flatten(entry === 'prologue' ? [...calls, ...once] : calls, words, top));
      return then === undefined ? [lists.length - 1] : [lists.length - 1, then];
    }),
  );
  return { lists, runs, words: Int32Array.from(words), argsAddress: top };
}

/** Calls that all threads walk through, and what is communicated after them. */
interface Part {
  readonly calls: Call[];
  then?: Step;
}

/** An entry's steps, whose calls are `calls`, cut where they communicate. */
function partsOf(steps: readonly Step[], calls: readonly (readonly Call[])[]): readonly Part[] {
  let last: Part = { calls: [] };
  const parts = [last];
  steps.forEach((step, index) => {
    if (communicates(step)) {
      last.then = step;
      last = { calls: [] };
      parts.push(last);
    } else for (const call of calls[index]) last.calls.push(call);
  });
  return parts;
}

/**
 * Gives what is made of weights a place in `room`, one behind the other, unless the plan trains and so changes them. `onKeep` gets the
 * calls that make it, once, and gives those that the step is to have.
 */
export function keeping(
  { steps }: Plan,
  { begin, end }: Room,
  onKeep: (calls: readonly Call[]) => readonly Call[],
): { readonly keep: Keep; readonly end: () => number } {
  const trains = steps.gradient.length > 0 || steps.update.length > 0;
  const known = new Map<string, number>();
  let top = begin;
  return {
    keep: ({ role }, bytes, pack) => {
      if (trains || (role !== 'parameter' && role !== 'folded')) return undefined;
      // What other calls make is another thing, of the same weights and as large as it may be.
      const made = JSON.stringify(pack(0));
      const there = known.get(made);
      if (there !== undefined) return { address: there, calls: [] };
      const address = top;
      const behind = address + roundUp(bytes, CACHE_LINE);
      if (behind > end) return undefined;
      top = behind;
      known.set(made, address);
      return { address, calls: onKeep(pack(address)) };
    },
    end: () => top,
  };
}

/** Appends the calls' arguments to `words`. */
function flatten(calls: readonly Call[], words: number[], argsAddress: number): CallList<string> {
  const args = new Uint32Array(calls.length);
  calls.forEach((call, index) => {
    args[index] = argsAddress + 4 * words.length;
    for (const word of call.args) words.push(word);
  });
  return {
    kernels: calls.map(({ kernel }) => kernel),
    chunks: Int32Array.from(calls, ({ chunks }) => chunks),
    args,
  };
}
