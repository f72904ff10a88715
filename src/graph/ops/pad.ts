import type { Definitions } from '../op.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs, expectPicture } from './check.ts';

/** [top, bottom, left, right]. */
export type Edges = readonly [number, number, number, number];

export interface PadOps {
  /** (x N×C×H×W) → N×C×(top+H+bottom)×(left+W+right), what is added zero. */
  pad2d: { readonly padding: Edges };
  /** (x) → x without its edges: the gradient of `pad2d`. */
  crop2d: { readonly padding: Edges };
}

export const padOps: Definitions<PadOps> = {
  /** Zeros around a picture, as many on each side as one likes: what a convolution's `padding` cannot express. */
  pad2d: {
    infer(shapes, { padding }) {
      expectInputs('pad2d', shapes, 1);
      expectPicture('pad2d', shapes[0]);
      expectEdges('pad2d', padding);
      const [n, c, h, w] = shapes[0];
      const [top, bottom, left, right] = padding;
      return [[n, c, top + h + bottom, left + w + right]];
    },
    gradient(graph, { attrs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('crop2d', [dy], attrs)];
    },
  },

  crop2d: {
    infer(shapes, { padding }) {
      expectInputs('crop2d', shapes, 1);
      expectPicture('crop2d', shapes[0]);
      expectEdges('crop2d', padding);
      const [n, c, h, w] = shapes[0];
      const [top, bottom, left, right] = padding;
      const size = [h - top - bottom, w - left - right];
      expect(
        'crop2d',
        size.every((n) => n > 0),
        `a picture larger than its edges ${padding.join(', ')}`,
        formatShape([h, w]),
      );
      return [[n, c, ...size]];
    },
    gradient(graph, { attrs }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('pad2d', [dy], attrs)];
    },
  },
};

function expectEdges(op: string, padding: Edges): void {
  const whole = padding.every((n) => Number.isInteger(n) && n >= 0);
  expect(op, whole, 'edges of whole numbers of at least 0', padding.join(', '));
}
