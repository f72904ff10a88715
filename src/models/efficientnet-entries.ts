import { EfficientNet } from './efficientnet.ts';
import { EfficientNetV2 } from './efficientnetv2.ts';
import type { ModelEntry, Pictures } from './entry.ts';
import { mobileHead, tensorFlows, torchvisionEps } from './mobile-entry.ts';
import { bicubic, inMinusOneToOne } from './mobile-pictures.ts';

/** EfficientNet and EfficientNetV2-S under timm's names, and torchvision's own V2-S. */

const paper =
  'Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019, arXiv 1905.11946';
const v2Paper = 'Tan and Le, EfficientNetV2: Smaller Models and Faster Training, ICML 2021, arXiv 2104.00298';

/** How B0 is scaled and what is dropped, as in the authors' program; the size of pictures and the share cut out of timm's weights, and of theirs. */
const scales: readonly (readonly [
  width: number,
  depth: number,
  dropout: number,
  timm: readonly [size: number, cropShare: number],
  theirs: readonly [size: number, cropShare: number],
])[] = [
  [1, 1, 0.2, [224, 0.875], [224, 0.875]],
  [1, 1.1, 0.2, [224, 1], [240, 0.882]],
  [1.1, 1.2, 0.3, [256, 1], [260, 0.89]],
  [1.2, 1.4, 0.3, [288, 1], [300, 0.904]],
  [1.4, 1.8, 0.4, [320, 1], [380, 0.922]],
];

export const efficientnetEntries: readonly ModelEntry[] = [
  ...scales.map(([widthMultiplier, depthMultiplier, dropout, [size, cropShare]], index) =>
    efficientnet(
      `efficientnet_b${index}`,
      { widthMultiplier, depthMultiplier, dropout },
      size,
      bicubic(cropShare),
    ),
  ),
  ...scales.map(([widthMultiplier, depthMultiplier, dropout, , [size, cropShare]], index): ModelEntry => {
    const scale = { widthMultiplier, depthMultiplier, dropout };
    const entry = efficientnet(`tf_efficientnet_b${index}`, scale, size, bicubic(cropShare));
    return {
      ...entry,
      description: `${entry.description}; with TensorFlow's padding, for its weights`,
      build: (options) => new EfficientNet({ ...options, ...tensorFlows }),
    };
  }),
  v2({
    name: 'efficientnetv2_rw_s',
    description: "EfficientNetV2-S as timm's author read the paper",
    inputShape: [3, 288, 288],
    pictures: bicubic(1),
    build: (options) => new EfficientNetV2({ ...options, variant: 'rw' }),
  }),
  v2({
    name: 'tf_efficientnetv2_s',
    description: "EfficientNetV2-S with TensorFlow's padding, for its weights",
    inputShape: [3, 300, 300],
    pictures: inMinusOneToOne(1),
    build: (options) => new EfficientNetV2({ ...options, ...tensorFlows }),
  }),
  v2({
    name: 'efficientnet_v2_s',
    description: 'EfficientNetV2-S as torchvision has it, with ε = 1e-3',
    inputShape: [3, 384, 384],
    build: (options) => new EfficientNetV2({ ...options, norm: { eps: torchvisionEps } }),
  }),
];

type Scale = Pick<ModelEntry['defaults'], 'widthMultiplier' | 'depthMultiplier' | 'dropout'>;

function efficientnet(name: string, scale: Scale, size: number, pictures: Pictures): ModelEntry {
  return {
    name,
    description: `EfficientNet-${name.slice(-2).toUpperCase()}: depth, width and resolution scaled together`,
    paper,
    inputShape: [3, size, size],
    pictures,
    defaults: { ...mobileHead, ...scale },
    build: (options) => new EfficientNet(options),
  };
}

function v2(entry: Omit<ModelEntry, 'paper' | 'defaults'>): ModelEntry {
  return { ...entry, paper: v2Paper, defaults: { widthMultiplier: 1, depthMultiplier: 1, ...mobileHead } };
}
