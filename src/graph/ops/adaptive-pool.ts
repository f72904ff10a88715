import type { OpDefinition } from '../op.ts';
import type { Pair } from '../op-table.ts';
import type { Shape } from '../value.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';
import { expectPair } from './window.ts';

/** Pooling to a size that need not divide the picture's, over windows that may differ by a row or column and overlap. */
export const adaptiveMaxPool2d: OpDefinition<'adaptive_max_pool2d'> = {
  infer: (shapes, { outputSize }) => [pooled('adaptive_max_pool2d', shapes, outputSize)],
  gradient(graph, { inputs }, [dy]) {
    return dy === undefined ? [] : [graph.apply1('adaptive_max_pool2d_backward', [dy, inputs[0]], {})];
  },
};

/** Finds the largest element of each window again instead of storing where it was. */
export const adaptiveMaxPool2dBackward: OpDefinition<'adaptive_max_pool2d_backward'> = {
  infer(shapes) {
    const op = 'adaptive_max_pool2d_backward';
    expectInputs(op, shapes, 2);
    const [dy, x] = shapes;
    expectPicture(op, x);
    expectShape(op, 'dy', dy, [x[0], x[1], ...dy.slice(2)]);
    return [x];
  },
};

export const adaptiveAvgPool2d: OpDefinition<'adaptive_avg_pool2d'> = {
  infer: (shapes, { outputSize }) => [pooled('adaptive_avg_pool2d', shapes, outputSize)],
  gradient(graph, { inputs }, [dy]) {
    if (dy === undefined) return [];
    const [, , h, w] = inputs[0].shape;
    return [graph.apply1('adaptive_avg_pool2d_backward', [dy], { inputSize: [h, w] })];
  },
};

export const adaptiveAvgPool2dBackward: OpDefinition<'adaptive_avg_pool2d_backward'> = {
  infer(shapes, { inputSize }) {
    const op = 'adaptive_avg_pool2d_backward';
    expectInputs(op, shapes, 1);
    expectPicture(op, shapes[0]);
    return [[shapes[0][0], shapes[0][1], ...inputSize]];
  },
};

function pooled(op: string, shapes: readonly Shape[], outputSize: Pair): Shape {
  expectInputs(op, shapes, 1);
  const [x] = shapes;
  expectPicture(op, x);
  expectPair(op, 'an output size', outputSize, 1);
  return [x[0], x[1], ...outputSize];
}

/** Where each of `outputs` windows begins and ends along an axis of `size` elements: ⌊i·size/outputs⌋ and ⌈(i + 1)·size/outputs⌉. */
export function adaptiveWindows(size: number, outputs: number): { begin: number; end: number }[] {
  return Array.from({ length: outputs }, (_, i) => ({
    begin: Math.floor((i * size) / outputs),
    end: Math.ceil(((i + 1) * size) / outputs),
  }));
}
