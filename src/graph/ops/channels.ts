import type { Definitions, NoAttrs } from '../op.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs, expectPicture, expectShape } from './check.ts';

export interface ChannelsOps {
  /** (x₁ N×C₁×H×W, x₂, …) → N×ΣC×H×W. */
  concat: NoAttrs;
  /** (x N×C×H×W) → channels start … start+length−1. The gradient of concat and of pad_channels. */
  slice_channels: { readonly start: number; readonly length: number };
  /** (x N×C×H×W) → N×(before+C+after)×H×W, the new channels zero (shortcut A). */
  pad_channels: { readonly before: number; readonly after: number };
}

export const channelsOps: Definitions<ChannelsOps> = {
  /** Concatenation along channels: form (b) of the ResNeXt block, Inception's branches. */
  concat: {
    infer(shapes) {
      expect('concat', shapes.length > 0, 'at least one tensor', 'none');
      shapes.forEach((shape) => {
        expectPicture('concat', shape);
      });
      const [n, , h, w] = shapes[0];
      for (const shape of shapes) expectShape('concat', 'a tensor', shape, [n, shape[1], h, w]);
      return [[n, shapes.reduce((sum, shape) => sum + shape[1], 0), h, w]];
    },
    gradient(graph, { inputs }, [dy]) {
      if (dy === undefined) return [];
      let start = 0;
      return inputs.map((input) => {
        const length = input.shape[1];
        const slice = graph.apply1('slice_channels', [dy], { start, length });
        start += length;
        return slice;
      });
    },
  },

  slice_channels: {
    infer(shapes, { start, length }) {
      expectInputs('slice_channels', shapes, 1);
      const [x] = shapes;
      expectPicture('slice_channels', x);
      expect(
        'slice_channels',
        start >= 0 && length > 0 && start + length <= x[1],
        `channels within ${formatShape(x)}`,
        `${start} … ${start + length - 1}`,
      );
      return [[x[0], length, x[2], x[3]]];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      if (dy === undefined) return [];
      const after = inputs[0].shape[1] - attrs.start - attrs.length;
      return [graph.apply1('pad_channels', [dy], { before: attrs.start, after })];
    },
  },

  /** Zero channels around: with `subsample`, the parameter-free shortcut A (He et al. 2015, section 4.1). */
  pad_channels: {
    infer(shapes, { before, after }) {
      expectInputs('pad_channels', shapes, 1);
      const [x] = shapes;
      expectPicture('pad_channels', x);
      expect('pad_channels', before >= 0 && after >= 0, 'paddings ≥ 0', `${before} and ${after}`);
      return [[x[0], before + x[1] + after, x[2], x[3]]];
    },
    gradient(graph, { attrs, inputs }, [dy]) {
      if (dy === undefined) return [];
      return [graph.apply1('slice_channels', [dy], { start: attrs.before, length: inputs[0].shape[1] })];
    },
  },
};
