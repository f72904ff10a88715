import { activationNames, type Activation } from '../../src/graph/activation.ts';
import { isDifferentiableByResult } from '../../src/graph/fusable.ts';
import type { OpName, OpTable } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape } from '../../src/graph/value.ts';
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

/** The cases of a family of ops. */
export type CasesOf<Ops> = { readonly [K in keyof Ops & OpName]: Cases<K> };

/**
 * Small cases for numerical differentiation, of the ops that have a gradient. Where an op has a kink (ReLU, max pooling), inputs keep
 * away from it by more than the steps of the differences, 1/16 at most.
 */
export type GradientCases<Ops> = { readonly [K in keyof Ops & OpName]?: Cases<K> };

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

/** The activations that an op may end in: a backend need not take all, but must say so. */
export const fused: readonly Activation[] = ['none', ...activationNames];

/** Those of them whose gradient needs nothing but the result. */
export const fusedByResult = fused.filter(isDifferentiableByResult);

/** The others, whose gradient needs what they were applied to. */
export const fusedByInput = activationNames.filter((name) => !isDifferentiableByResult(name));

export interface Tail {
  readonly activation: Activation;
  readonly residual: boolean;
}

/** Each activation after which an op can be differentiated with what it gave, with a residual and without. */
export const tailsByResult = fusedByResult.flatMap((activation) =>
  [false, true].map((residual) => ({ activation, residual })),
);

/** What may follow in the same op: these, and each of the others, with a residual or without. */
export const tails: readonly Tail[] = [
  ...tailsByResult,
  ...fusedByInput.map((activation, index) => ({ activation, residual: index % 2 === 0 })),
];

/** Those after which a batch norm can be differentiated. */
export const tailsOfNorms: readonly Tail[] = [
  ...tailsByResult,
  ...fusedByInput.map((activation) => ({ activation, residual: false })),
];

/** All combinations of true and false for `count` flags. */
export function flags(count: number): boolean[][] {
  return Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (__, index) => (bits & (1 << index)) !== 0),
  );
}

/** Shapes for ops that work element by element: of one element, of tails and of several chunks. */
export function elementwiseShapes(rng: Rng): Shape[] {
  return [
    [1, 1, 1, 1],
    [2, 3, 5, 7],
    [3, 16, 4, 4],
    [2, 8, 40, 41],
    [5, 11],
    [1 + rng.int(4), 1 + rng.int(40), 1 + rng.int(9), 1 + rng.int(9)],
  ];
}

/** Numbers on either side of `kink`, between 1 and 2 away from it. */
export function awayFrom(rng: Rng, kink: number, shape: Shape): Drawn {
  return tensor(shape, () => kink + (rng.int(2) === 0 ? 1 : -1) * rng.uniform(1, 2));
}

/** Numbers 0.1 apart, in random order. */
export function wellSeparated(rng: Rng, shape: Shape): Drawn {
  const order = rng.permutation(sizeOf(shape));
  return { shape, data: Float32Array.from(order, (rank) => 0.1 * rank - 1) };
}
