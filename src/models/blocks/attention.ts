import type { Module } from '../../nn/index.ts';
import type { Attention } from '../part-options.ts';
import { BilinearAttention } from './bilinear-attention.ts';
import { makeDivisible } from './divisible.ts';
import { EfficientChannelAttention } from './eca.ts';
import { GlobalContext } from './global-context.ts';
import { SqueezeExcite } from './squeeze-excite.ts';

/** Makes what weighs so many channels, with `reduction` times fewer inside. Selective kernels are a block of their own. */
export function attentionOf(kind: Attention, reduction: number): ((channels: number) => Module) | undefined {
  switch (kind) {
    case 'se':
      return (channels) =>
        new SqueezeExcite(channels, {
          reducedChannels: makeDivisible(channels / reduction, 8, { atLeastShare: 0 }),
        });
    case 'eca':
      return (channels) => new EfficientChannelAttention(channels);
    case 'gc':
      return (channels) =>
        new GlobalContext(channels, makeDivisible(channels / reduction, 1, { atLeastShare: 0 }));
    case 'bat':
      return (channels) => new BilinearAttention(channels, makeDivisible(channels / reduction));
    case 'sk':
    case 'none':
      return undefined;
  }
}
