import { roundUp } from '../../base/round-up.ts';
import { entries } from '../../plan/plan.ts';
import type { Entry, Plan } from '../../plan/plan.ts';
import { CACHE_LINE } from '../cpu.ts';
import type { Call, Keep, PlacedBuffer } from './call.ts';
import type { Lowerer } from './lower/index.ts';
import type { CallList } from './walk.ts';

/** All calls of a plan, and the words of their arguments, which lie at `argsAddress` in the program's memory. */
export interface LoweredPlan {
  /** In the order of `entries`. */
  readonly lists: readonly CallList<string>[];
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
  let top = room.begin;
  const keep: Keep = (weights, bytes) => {
    const size = roundUp(bytes, CACHE_LINE);
    if (!staysPacked(plan, weights) || top + size > room.end) return undefined;
    const address = top;
    top += size;
    return address;
  };
  const calls = (entry: Entry): readonly Call[] =>
    lowerer.lower(plan.steps[entry], plan.workspace, keep).flat();
  const lowered = new Map(entries.map((entry) => [entry, calls(entry)]));
  const once = [...lowered.values()].flat().filter((call) => call.once === true);

  const words: number[] = [];
  const lists = entries.map((entry) => {
    const own = (lowered.get(entry) ?? []).filter((call) => call.once !== true);
    return flatten(entry === 'prologue' ? [...own, ...once] : own, words, top);
  });
  return { lists, words: Int32Array.from(words), argsAddress: top };
}

/** Whether what is made of weights may be kept: they stay as they are unless the plan trains. */
export function staysPacked({ steps }: Plan, { role }: Pick<PlacedBuffer, 'role'>): boolean {
  const trains = steps.gradient.length > 0 || steps.update.length > 0;
  return !trains && (role === 'parameter' || role === 'folded');
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
