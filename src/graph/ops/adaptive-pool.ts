import type { Definitions, NoAttrs } from '../op.ts';
import type { Shape } from '../value.ts';
import { expectInputs, expectPicture, expectShape } from './check.ts';
import { expectPair, type Pair } from './window.ts';

export interface AdaptivePoolOps {
  /** (x N×C×H×W) → N×C×P×Q, [P, Q] = `outputSize`: window p covers the rows from ⌊p·H/P⌋ to ⌈(p + 1)·H/P⌉, columns alike. As in PyTorch. */
  adaptive_max_pool2d: AdaptivePoolAttrs;
  /** (dy, x) → dx: as `max_pool2d_backward`. */
  adaptive_max_pool2d_backward: NoAttrs;
  /** The same windows' means. Where the windows tile the picture evenly it is an `avg_pool2d`. */
  adaptive_avg_pool2d: AdaptivePoolAttrs;
  /** (dy) → dx. `inputSize` is [H, W]. */
  adaptive_avg_pool2d_backward: { readonly inputSize: Pair };
}

export interface AdaptivePoolAttrs {
  readonly outputSize: Pair;
}

export const adaptivePoolOps: Definitions<AdaptivePoolOps> = {
  /** Pooling to a size that need not divide the picture's, over windows that may differ by a row or column and overlap. */
  adaptive_max_pool2d: {
    infer: (shapes, { outputSize }) => [pooled('adaptive_max_pool2d', shapes, outputSize)],
    gradient(graph, { inputs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('adaptive_max_pool2d_backward', [dy, inputs[0]], {})];
    },
  },

  /** Finds the largest element of each window again instead of storing where it was. */
  adaptive_max_pool2d_backward: {
    infer(shapes) {
      const op = 'adaptive_max_pool2d_backward';
      expectInputs(op, shapes, 2);
      const [dy, x] = shapes;
      expectPicture(op, x);
      expectShape(op, 'dy', dy, [x[0], x[1], ...dy.slice(2)]);
      return [x];
    },
  },

  adaptive_avg_pool2d: {
    infer: (shapes, { outputSize }) => [pooled('adaptive_avg_pool2d', shapes, outputSize)],
    gradient(graph, { inputs }, [dy]) {
      if (dy === undefined) return [];
      const [, , h, w] = inputs[0].shape;
      return [graph.apply1('adaptive_avg_pool2d_backward', [dy], { inputSize: [h, w] })];
    },
  },

  adaptive_avg_pool2d_backward: {
    infer(shapes, { inputSize }) {
      const op = 'adaptive_avg_pool2d_backward';
      expectInputs(op, shapes, 1);
      expectPicture(op, shapes[0]);
      return [[shapes[0][0], shapes[0][1], ...inputSize]];
    },
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
