import type { ModelEntry } from './entry.ts';
import { inMinusOneToOne } from './mobile-pictures.ts';
import { XceptionAligned } from './xception-aligned.ts';

/** Aligned Xception under timm's names. */
export const xceptionEntries: readonly ModelEntry[] = ([41, 65, 71] as const).map((depth) => ({
  name: `xception${depth}`,
  description: `aligned Xception of ${depth} convolutions, as DeepLab uses it`,
  paper:
    'Chen et al., Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation, ECCV 2018, arXiv 1802.02611',
  inputShape: [3, 299, 299],
  pictures: inMinusOneToOne(depth === 65 ? 0.94 : 0.903),
  defaults: { widthMultiplier: 1, numClasses: 1000, inChannels: 3, dropout: 0, dropPath: 0 },
  build: (options) => new XceptionAligned({ ...options, depth }),
}));
