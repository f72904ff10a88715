import type { Communicator, Reduction } from '../../src/backends/communicator.ts';

/** What is added up: the parts of the ranks that have begun, and whom to tell. */
interface Sum {
  readonly parts: (Float32Array | undefined)[];
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  isThere: boolean;
}

/** A communicator of tests, which also says what it was asked for. */
export interface CountingCommunicator extends Communicator {
  /** Lengths of the reductions so far, in floats. */
  readonly lengths: readonly number[];
  /** How often it was looked at what is under way. */
  readonly looks: number;
}

/**
 * Ranks within one process. The k-th reductions of all ranks are one, whose sum is there when the last has begun: in the order of the
 * ranks, in double precision, so that all get the same bits.
 */
export function createCommunicators(size: number): readonly CountingCommunicator[] {
  const sums: Sum[] = [];
  return Array.from({ length: size }, (_, rank) => {
    const lengths: number[] = [];
    let looks = 0;
    return {
      rank,
      size,
      lengths,
      get looks() {
        return looks;
      },
      startAllReduce(values): Reduction {
        const sum = (sums[lengths.length] ??= newSum(size));
        lengths.push(values.length);
        sum.parts[rank] = values;
        const parts = sum.parts.filter((part) => part !== undefined);
        if (parts.length === size) finish(sum, parts);
        return {
          test() {
            looks++;
            return sum.isThere;
          },
          wait: () => sum.done,
        };
      },
    };
  });
}

function newSum(size: number): Sum {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  promise.catch(() => undefined);
  return {
    parts: new Array<Float32Array | undefined>(size).fill(undefined),
    done: promise,
    resolve: () => {
      resolve(undefined);
    },
    reject,
    isThere: false,
  };
}

function finish(sum: Sum, parts: readonly Float32Array[]): void {
  if (new Set(parts.map(({ length }) => length)).size > 1) {
    sum.reject(new Error(`ranks add up ${parts.map(({ length }) => length).join(', ')} floats`));
    return;
  }
  const total = Float32Array.from(parts[0], (_, at) => parts.reduce((all, part) => all + part[at], 0));
  for (const part of parts) part.set(total);
  sum.isThere = true;
  sum.resolve();
}
