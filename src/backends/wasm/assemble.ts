import { entries } from '../../plan/plan.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Arg, Call } from './call.ts';
import type { Lowerer } from './lower/index.ts';
import type { CallList } from './walk.ts';

/** All calls of a plan, and the words of their arguments, which lie at `argsAddress` in the program's memory. */
export interface Assembly {
  /** In the order of `entries`. */
  readonly lists: readonly CallList<string>[];
  readonly words: Int32Array<ArrayBuffer>;
}

/** Lowers every step, once. `argsAddress` is a multiple of 4. */
export function assemble(plan: Plan, argsAddress: number, lowerer: Lowerer): Assembly {
  const words: Arg[] = [];
  const lists = entries.map((entry) => {
    const calls = plan.steps[entry].flatMap((step) => lowerer.lower(step, plan.workspace));
    return flatten(calls, words, argsAddress);
  });
  return { lists, words: toWords(words) };
}

/** Appends the calls' arguments to `words`. */
function flatten(calls: readonly Call[], words: Arg[], argsAddress: number): CallList<string> {
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

function toWords(values: readonly Arg[]): Int32Array<ArrayBuffer> {
  const words = new Int32Array(values.length);
  const floats = new Float32Array(words.buffer);
  values.forEach((value, index) => {
    if (typeof value === 'number') words[index] = value;
    else floats[index] = value.f32;
  });
  return words;
}
