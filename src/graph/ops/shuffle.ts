import type { Definitions } from '../op.ts';
import { formatShape, type Value } from '../value.ts';
import type { ChannelsOps } from './channels.ts';
import type { ArithmeticOps } from './arithmetic.ts';
import { expect, expectInputs, expectPicture } from './check.ts';

export interface ShuffleOps {
  /** (x N×C×H×W) → channel i·G + j of y is channel j·C/G + i of x, G = `groups`. */
  channel_shuffle: { readonly groups: number };
  /** (x N×C×H×W) → its channels in parts of so many, one after the other. */
  split: { readonly lengths: readonly number[] };
}

export const shuffleOps: Definitions<ShuffleOps, ChannelsOps & ArithmeticOps> = {
  /** Channels of all groups in turn, so that the next grouped convolution sees each (Zhang et al. 2018, ShuffleNet). */
  channel_shuffle: {
    infer(shapes, { groups }) {
      expectInputs('channel_shuffle', shapes, 1);
      const [x] = shapes;
      expectPicture('channel_shuffle', x);
      const divides = Number.isInteger(groups) && groups > 0 && x[1] % groups === 0;
      expect('channel_shuffle', divides, `groups that divide ${x[1]} channels`, String(groups));
      return [x];
    },
    gradient(graph, { attrs: { groups }, inputs: [x] }, [dy]) {
      return dy === undefined ? [] : [graph.apply1('channel_shuffle', [dy], { groups: x.shape[1] / groups })];
    },
  },

  split: {
    infer(shapes, { lengths }) {
      expectInputs('split', shapes, 1);
      const [x] = shapes;
      expectPicture('split', x);
      const whole = lengths.every((length) => Number.isInteger(length) && length > 0);
      const sum = lengths.reduce((all, length) => all + length, 0);
      expect(
        'split',
        whole && sum === x[1],
        `parts of ${formatShape(x)} with ${x[1]} channels in all`,
        `[${lengths.join(', ')}]`,
      );
      return lengths.map((length) => [x[0], length, x[2], x[3]]);
    },
    /** Together the gradients of the parts are x's; if one is missing, each is put in its place. */
    gradient(graph, { attrs: { lengths }, inputs: [x] }, gradients) {
      const parts = gradients.filter((gradient) => gradient !== undefined);
      if (parts.length === lengths.length) return [graph.apply1('concat', parts, {})];
      let before = 0;
      let sum: Value | undefined;
      lengths.forEach((length, index) => {
        const dy = gradients[index];
        const after = x.shape[1] - before - length;
        if (dy !== undefined) {
          const padded = graph.apply1('pad_channels', [dy], { before, after });
          sum = sum === undefined ? padded : graph.apply1('add', [sum, padded], { activation: 'none' });
        }
        before += length;
      });
      return [sum];
    },
  },
};
