import type { Shape } from '../../graph/value.ts';
import { toChannelsLast, toContiguous } from '../channels-last.ts';
import type { Tensor } from './kernel.ts';

/* For ops on tensors of any rank: as doubles in PyTorch's order, a shape says where everything is. */

/** A tensor's elements in PyTorch's order, a copy. */
export function inOrder({ data, shape }: Tensor): Float64Array {
  return Float64Array.from(toContiguous(data, shape));
}

/** Stores elements that are in PyTorch's order. */
export function store({ data, shape }: Tensor, values: Float64Array): void {
  data.set(toChannelsLast(Float32Array.from(values), shape));
}

/** Which element of a tensor of shape `from` stands for element `index` of one of `shape`, that it broadcasts to. */
export function placeOf(index: number, shape: Shape, from: Shape): number {
  let [place, step, rest] = [0, 1, index];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const at = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
    if (from[axis] > 1) place += at * step;
    step *= from[axis];
  }
  return place;
}
