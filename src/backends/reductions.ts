import { CardinalError } from '../base/errors.ts';
import { sizeOf } from '../base/shape.ts';
import type { Plan, PlanBuffer, Step } from '../plan/plan.ts';
import type { Communicator, Reduction } from './communicator.ts';
import { CACHE_LINE } from './cpu.ts';

/** Milliseconds between two looks at what is under way: a look takes about a microsecond, and data a while to come. */
const betweenLooks = 0.1;

/** Whether a step communicates: then no kernel computes it. */
export function communicates({ node }: Step): boolean {
  return node.op === 'all_reduce' || node.op === 'all_reduce_wait';
}

/** Throws a `CardinalError` unless those who compute together are the ranks that the plan is for. */
export function checkRanks({ name, ranks }: Plan, communicator: Communicator | undefined): void {
  if (ranks === undefined) return;
  const { rank, size } = communicator ?? { rank: 0, size: 1 };
  if (rank === ranks.rank && size === ranks.size) return;
  throw new CardinalError(
    `plan "${name}" is for rank ${ranks.rank} of ${ranks.size}, the backend is rank ${rank} of ${size}: create it with the communicator that the plan is made for`,
  );
}

/** What a program's `all_reduce` steps have begun, in memory that the host can see. Without a communicator they do nothing. */
export class Reductions {
  readonly #communicator: Communicator | undefined;
  readonly #floats: (from: number, length: number) => Float32Array;
  /** By the first buffer of what is added up. */
  readonly #underWay = new Map<number, readonly Reduction[]>();
  #looked = 0;
  /** What a look came to, if not to a reduction: a kernel is not to blame for it. */
  #failed: { readonly error: unknown } | undefined;

  /** `floats` gives a part of the program's memory that begins `from` bytes from its start. */
  constructor(
    communicator: Communicator | undefined,
    floats: (from: number, length: number) => Float32Array,
  ) {
    this.#communicator = communicator;
    this.#floats = floats;
  }

  get pending(): boolean {
    return this.#underWay.size > 0;
  }

  /** Does a step that communicates. Gives a promise where the communicator does, and only for a wait. */
  do({ node, inputs }: Step): void | Promise<void> {
    const communicator = this.#communicator;
    if (communicator === undefined) return;
    if (this.#failed !== undefined) throw this.#failed.error;
    const [{ id }] = inputs;
    if (node.op === 'all_reduce') {
      if (this.#underWay.has(id)) {
        throw new CardinalError(
          'the sums of the last gradients are still under way: run update before gradient again',
        );
      }
      const begun = rangesOf(inputs).map(({ offset, length }) =>
        communicator.startAllReduce(this.#floats(offset, length)),
      );
      this.#underWay.set(id, begun);
      return;
    }
    return this.#wait(id, [...(this.#underWay.get(id) ?? [])]);
  }

  /** Lets communication go on while kernels compute, unless it just did. */
  look(): void {
    const now = performance.now();
    if (now - this.#looked < betweenLooks) return;
    this.#looked = now;
    try {
      for (const reductions of this.#underWay.values()) for (const reduction of reductions) reduction.test();
    } catch (error) {
      this.#failed ??= { error };
    }
  }

  #wait(id: number, left: Reduction[]): void | Promise<void> {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const waiting = next.wait();
      if (waiting !== undefined) return waiting.then(() => this.#wait(id, left));
    }
    this.#underWay.delete(id);
  }
}

/**
 * Does parts of a run one after the other: at once, as far as no part gives a promise. So a run is over when it returns wherever
 * nobody else is waited for.
 */
export function inTurn<T>(
  parts: readonly T[],
  work: (part: T) => void | Promise<void>,
  first = 0,
): void | Promise<void> {
  for (let at = first; at < parts.length; at++) {
    const waiting = work(parts[at]);
    if (waiting !== undefined) return waiting.then(() => inTurn(parts, work, at + 1));
  }
}

/** Parts of memory that hold tensors: those that lie side by side are one part, with the gap of alignment between them. */
function rangesOf(buffers: readonly PlanBuffer[]): readonly { offset: number; length: number }[] {
  const ranges: { offset: number; length: number }[] = [];
  for (const { offset, shape } of buffers) {
    const last = ranges.at(-1);
    const gap = last === undefined ? -1 : offset - (last.offset + 4 * last.length);
    if (last !== undefined && gap >= 0 && gap < CACHE_LINE) last.length += gap / 4 + sizeOf(shape);
    else ranges.push({ offset, length: sizeOf(shape) });
  }
  return ranges;
}
