import type { Activation } from '../../src/graph/activation.ts';
import type { OpName, OpTable } from '../../src/graph/op-table.ts';
import { sizeOf, type Shape } from '../../src/graph/value.ts';
import type { Rng } from '../../src/base/rng.ts';

/** One call of one op: attributes and input values, in PyTorch's order. */
export interface Case<K extends OpName> {
  readonly attrs: OpTable[K];
  readonly inputs: readonly Drawn[];
  /** What this case is for, if the shapes do not tell. */
  readonly note?: string;
  /** Relative L2 distance allowed to a backend that computes in f32; 1e-5 unless f32 itself cannot do better. */
  readonly tolerance?: number;
  /**
   * By output: the size that its elements have as a rule, for sums of many terms of either sign. One that happens to
   * cancel is compared at this size, because the errors of its terms do not cancel.
   */
  readonly sizes?: readonly (number | undefined)[];
}

/** A tensor of random numbers. */
export interface Drawn {
  readonly shape: Shape;
  readonly data: Float32Array;
}

export type Cases<K extends OpName> = (rng: Rng) => readonly Case<K>[];

/** A tensor whose elements `draw` gives one after the other. */
export function tensor(shape: Shape, draw: () => number): Drawn {
  return { shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
}

export function normal(rng: Rng, shape: Shape, mean = 0, deviation = 1): Drawn {
  return tensor(shape, () => mean + deviation * rng.normal());
}

export function uniform(rng: Rng, shape: Shape, low: number, high: number): Drawn {
  return tensor(shape, () => rng.uniform(low, high));
}

/** Few distinct values, so that many are equal: what max pooling must decide between. */
export function coarse(rng: Rng, shape: Shape): Drawn {
  return tensor(shape, () => rng.int(5) - 2);
}

export function vector(...values: number[]): Drawn {
  return { shape: [values.length], data: Float32Array.from(values) };
}

export function withNaN({ shape, data }: Drawn): Drawn {
  const copy = data.slice();
  copy[Math.floor(copy.length / 2)] = NaN;
  return { shape, data: copy };
}

export function pick<T>(rng: Rng, choices: readonly T[]): T {
  return choices[rng.int(choices.length)];
}

export function coin(rng: Rng): boolean {
  return rng.int(2) === 1;
}

/** The activations that ops take as an attribute. */
export const fused: readonly Activation[] = ['none', 'relu'];

export interface Tail {
  readonly activation: Activation;
  readonly residual: boolean;
}

/** What may follow in the same op: each activation, with a residual and without. */
export const tails: readonly Tail[] = fused.flatMap((activation) =>
  [false, true].map((residual) => ({ activation, residual })),
);

/** All combinations of true and false for `count` flags. */
export function flags(count: number): boolean[][] {
  return Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (__, index) => (bits & (1 << index)) !== 0),
  );
}
