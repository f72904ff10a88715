import type { Module } from '../nn/index.ts';
import type { BlockParts, BlockType } from './block.ts';
import { activationOf } from './blocks/activation.ts';
import { antialiasing, antialiasedPool } from './blocks/antialias.ts';
import { attentionOf } from './blocks/attention.ts';
import { averagedProjection } from './blocks/averaged-projection.ts';
import { deepStem } from './blocks/deep-stem.ts';
import { DropPath, dropPathRate } from './blocks/drop-path.ts';
import { selectiveBlock } from './blocks/selective-blocks.ts';
import type { PartOptions } from './part-options.ts';

/** What a residual network is made of beside the papers' layers, or in their place. What is absent is as there. */
export interface Parts {
  readonly activation: () => Module;
  /** N×inChannels×H×W → N×channels×(H/2)×(W/2). */
  readonly stem?: ((inChannels: number, channels: number) => Module) | undefined;
  /** Behind the stem: halves the picture. */
  readonly pool?: ((channels: number) => Module) | undefined;
  readonly blockType?: ((usual: BlockType) => BlockType) | undefined;
  /** Of block number `index` of all `count`. */
  ofBlock(index: number, count: number): BlockParts;
}

/** What a network's options say of its parts. The default of each is the papers'. */
export function partsOf(options: PartOptions): Parts {
  const { stem, avgDown = false, attention = 'none', reduction = 16, antialias = 'none' } = options;
  const { dropPath = 0 } = options;
  const activation = activationOf(options.activation ?? 'relu');
  const ofAllBlocks: BlockParts = {
    activation,
    attention: attentionOf(attention, reduction),
    reduction,
    antialias: antialiasing(antialias),
    project: avgDown ? averagedProjection : undefined,
  };
  return {
    activation,
    stem: stem === 'deep' || stem === 'deep_tiered' ? deepStem(stem, activation) : undefined,
    pool: antialiasedPool(antialias),
    blockType: attention === 'sk' ? selectiveBlock : undefined,
    ofBlock(index, count) {
      const rate = dropPathRate(dropPath, index, count);
      return rate > 0 ? { ...ofAllBlocks, dropPath: new DropPath(rate) } : ofAllBlocks;
    },
  };
}
