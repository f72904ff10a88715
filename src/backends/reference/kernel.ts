import type { OpName, OpTable } from '../../graph/op-table.ts';
import type { Shape } from '../../graph/value.ts';

/**
 * A buffer's place in memory. `shape` is PyTorch's (N×C×H×W); rank-4 data lie channels-last (N, H, W, C). With the
 * channels last, `i % C` is the channel of element i in rank 2 and in rank 4.
 */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/**
 * Computes one op. Inputs and outputs are in the order of `OpTable`. Sums are doubles and are rounded once, when they
 * are stored, so that what a faster backend differs by is its own rounding.
 */
export type Kernel<K extends OpName> = (
  attrs: OpTable[K],
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
) => void;

/** The kernels of a family of ops. */
export type Kernels<Ops> = { readonly [K in keyof Ops & OpName]: Kernel<K> };

/** Takes inputs one after the other: optional ones leave no gap, so their place depends on the attributes. */
export function reader(inputs: readonly Tensor[]): {
  next(): Tensor;
  nextIf(present: boolean): Tensor | undefined;
} {
  let index = 0;
  return {
    next: () => inputs[index++],
    nextIf: (present) => (present ? inputs[index++] : undefined),
  };
}
