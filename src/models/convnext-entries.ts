import { makeDivisible } from './blocks/divisible.ts';
import { ConvNeXt } from './convnext.ts';
import type { ModelEntry } from './entry.ts';
import { bicubic } from './mobile-pictures.ts';
import { stageBlocks } from './stage-blocks.ts';

/** ConvNeXts: the authors' from tiny to large, whose names torchvision shares, and timm's smaller ones. */

const paper = 'Liu et al., A ConvNet for the 2020s, CVPR 2022, arXiv 2201.03545';

/** Channels of the first stage, which every further one doubles; blocks of each; whether its layers on channels are convolutions. */
type Row = readonly [size: string, width: number, layers: readonly number[], convMlp: boolean, crop: number];

const rows: readonly Row[] = [
  ['atto', 40, [2, 2, 6, 2], true, 0.875],
  ['femto', 48, [2, 2, 6, 2], true, 0.875],
  ['pico', 64, [2, 2, 6, 2], true, 0.875],
  ['nano', 80, [2, 2, 8, 2], true, 0.95],
  ['tiny', 96, [3, 3, 9, 3], false, 0.95],
  ['small', 96, [3, 3, 27, 3], false, 0.95],
  ['base', 128, [3, 3, 27, 3], false, 0.875],
  ['large', 192, [3, 3, 27, 3], false, 0.875],
];

export const convnextEntries: readonly ModelEntry[] = rows.map(([size, width, blocks, convMlp, crop]) => {
  const name = `convnext_${size}`;
  return {
    name,
    description: `ConvNeXt-${size[0].toUpperCase()}${size.slice(1)}: depthwise 7×7, layer norm, inverted bottlenecks`,
    paper,
    inputShape: [3, 224, 224],
    pictures: bicubic(crop),
    defaults: {
      ...{ layers: blocks, widthMultiplier: 1, activation: 'gelu' },
      ...{ numClasses: 1000, inChannels: 3, dropout: 0, dropPath: 0 },
    },
    build({ layers = blocks, widthMultiplier = 1, ...options }) {
      const depths = stageBlocks(name, layers, blocks);
      const widths = depths.map((_, stage) => makeDivisible(width * widthMultiplier) * 2 ** stage);
      return new ConvNeXt({ depths, widths }, { ...options, convMlp });
    },
  };
});
