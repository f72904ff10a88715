import type { Definitions, NoAttrs } from '../op.ts';
import { formatShape } from '../value.ts';
import { expect, expectInputs } from './check.ts';

export interface ChannelSumOps {
  /** (x N×K×P×Q or N×K) → K: the sum over everything but channels, the gradient of a bias. */
  channel_sum: NoAttrs;
}

export const channelSumOps: Definitions<ChannelSumOps> = {
  /** Sum over everything but channels: the gradient of a bias. */
  channel_sum: {
    infer(shapes) {
      expectInputs('channel_sum', shapes, 1);
      const [x] = shapes;
      expect('channel_sum', x.length === 4 || x.length === 2, 'N×K×P×Q or N×K', formatShape(x));
      return [[x[1]]];
    },
  },
};
