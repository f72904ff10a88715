import { partDefaults } from './part-options.ts';

/** What entries of the registry have in common. */

export const resnetPaper =
  'He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv 1512.03385';
export const resnextPaper =
  'Xie et al., Aggregated Residual Transformations for Deep Neural Networks, CVPR 2017, arXiv 1611.05431';

export const photograph = [3, 224, 224] as const;
export const thumbnail = [3, 32, 32] as const;

export const head = { inChannels: 3, residual: true, zeroInitResidual: false, dropout: 0 } as const;
export const imagenet = { numClasses: 1000, ...head, shortcut: 'B' } as const;
export const cifar = { numClasses: 10, ...head } as const;

/** The parts of a `ResNet`, which every network of that class lets its user choose. */
export const photographParts = { stem: 'imagenet', ...partDefaults } as const;
export const thumbnailParts = { stem: 'cifar', ...partDefaults } as const;
