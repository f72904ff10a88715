import type { ModelOptions } from './options.ts';
import { resnetPaper, resnextPaper } from './papers.ts';

/** What grew on residual networks, with where it was published. */

export const wideResnetPaper = 'Zagoruyko and Komodakis, Wide Residual Networks, BMVC 2016, arXiv 1605.07146';
export const preActivationPaper =
  'He et al., Identity Mappings in Deep Residual Networks, ECCV 2016, arXiv 1603.05027';
export const senetPaper = 'Hu et al., Squeeze-and-Excitation Networks, CVPR 2018, arXiv 1709.01507';
export const cspPaper =
  'Wang et al., CSPNet: A New Backbone that can Enhance Learning Capability of CNN, CVPR Workshops 2020, arXiv 1911.11929';
export const timmPaper = 'Wightman, PyTorch Image Models, 2019, doi 10.5281/zenodo.4414861';

const tricksPaper =
  'He et al., Bag of Tricks for Image Classification with Convolutional Neural Networks, CVPR 2019, arXiv 1812.01187';

interface Idea {
  readonly words: string;
  readonly paper: string;
}

const attentions: Readonly<Record<string, Idea>> = {
  se: { words: 'squeeze-and-excitation', paper: senetPaper },
  sk: {
    words: 'selective kernels',
    paper: 'Li et al., Selective Kernel Networks, CVPR 2019, arXiv 1903.06586',
  },
  eca: {
    words: 'efficient channel attention',
    paper:
      'Wang et al., ECA-Net: Efficient Channel Attention for Deep Convolutional Neural Networks, CVPR 2020, arXiv 1910.03151',
  },
  gc: {
    words: 'global context',
    paper:
      'Cao et al., GCNet: Non-local Networks Meet Squeeze-Excitation Networks and Beyond, ICCV Workshops 2019, arXiv 1904.11492',
  },
  bat: {
    words: 'bilinear attentional transforms',
    paper: 'Chi et al., Non-Local Neural Networks With Grouped Bilinear Attentional Transforms, CVPR 2020',
  },
};

const antialiasings: Readonly<Record<string, Idea>> = {
  blur: {
    words: 'blur-pool',
    paper: 'Zhang, Making Convolutional Networks Shift-Invariant Again, ICML 2019, arXiv 1904.11486',
  },
  avg: {
    words: 'averages in place of strides',
    paper:
      'Lee et al., Compounding the Performance Improvements of Assembled Techniques in a Convolutional Neural Network, 2020, arXiv 2001.06268',
  },
};

const stems: Readonly<Record<string, Idea>> = {
  deep: { words: 'a deep stem', paper: tricksPaper },
  deep_tiered: { words: 'a tiered stem', paper: timmPaper },
};

/** What a network's options add to ResNet and ResNeXt, the newest idea first. */
export function ideasOf(options: ModelOptions): readonly Idea[] {
  const { attention = '', antialias = '', stem = '', avgDown = false } = options;
  const { cardinality = 1, baseWidth = 64, activation = 'relu' } = options;
  const found: readonly (Idea | undefined)[] = [
    attentions[attention],
    antialiasings[antialias],
    activation === 'silu' ? { words: 'SiLU', paper: timmPaper } : undefined,
    stems[stem],
    avgDown ? { words: 'averaged projections', paper: tricksPaper } : undefined,
    cardinality === 1 && baseWidth > 64
      ? { words: `bottlenecks ${baseWidth / 64} times as wide`, paper: wideResnetPaper }
      : undefined,
  ];
  return found.filter((idea) => idea !== undefined);
}

/** The paper of the newest idea of a network. */
export function paperOf(options: ModelOptions): string {
  const { cardinality = 1 } = options;
  return ideasOf(options)[0]?.paper ?? (cardinality > 1 ? resnextPaper : resnetPaper);
}
