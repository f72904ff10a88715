import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';

/** An axis along which tensors are walked through: its size, and in each tensor the floats from one place to the next. */
export interface Axis {
  readonly size: number;
  readonly steps: readonly number[];
}

/** The axes of a shape in the order in which they lie, outermost first: those of rank 4 channels-last. */
function stored(rank: number): readonly number[] {
  return rank === 4 ? [0, 2, 3, 1] : Array.from({ length: rank }, (_, axis) => axis);
}

/** The floats from one place to the next along each axis of a tensor, in the order of its shape. */
export function stepsOf(shape: Shape): readonly number[] {
  const steps: number[] = [];
  let step = 1;
  for (const axis of stored(shape.length).toReversed()) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

/** How tensors lie beside one of shape `target`, whose order it is: `steps` has one of each of its axes, per tensor. Axes are as few as can be. */
export function axesOf(target: Shape, ...steps: readonly (readonly number[])[]): readonly Axis[] {
  const all = stored(target.length).map((axis) => ({
    size: target[axis],
    steps: steps.map((one) => one[axis]),
  }));
  const merged: Axis[] = [];
  for (const axis of all.filter(({ size }) => size > 1)) {
    const outer = merged.at(-1);
    const continues = outer?.steps.every((step, which) => step === axis.steps[which] * axis.size) ?? false;
    if (outer !== undefined && continues)
      merged[merged.length - 1] = { size: outer.size * axis.size, steps: axis.steps };
    else merged.push(axis);
  }
  return merged;
}

/** The steps of a tensor of shape `from` that broadcasts to `target`: none along what it is spread over. */
export function broadcastSteps(from: Shape, target: Shape): readonly number[] {
  return stepsOf(from).map((step, axis) => (from[axis] === 1 && target[axis] > 1 ? 0 : step));
}

/** The words of axes as a kernel reads them. */
export function stepWords(axes: readonly Axis[]): {
  readonly axes: number;
  readonly steps: readonly number[];
} {
  return { axes: axes.length, steps: axes.flatMap(({ size, steps }) => [size, ...steps]) };
}

/** The product of the sizes of axes. */
export function sizeOfAxes(axes: readonly Axis[]): number {
  return sizeOf(axes.map(({ size }) => size));
}
