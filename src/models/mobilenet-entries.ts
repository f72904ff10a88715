import type { ModelEntry } from './entry.ts';
import { mobileHead, tensorFlows, torchvisionEps } from './mobile-entry.ts';
import { bicubic, bilinear, inMinusOneToOne } from './mobile-pictures.ts';
import { MnasNet, type MnasNetVariant } from './mnasnet.ts';
import { MobileNetV2 } from './mobilenetv2.ts';
import { MobileNetV3 } from './mobilenetv3.ts';
import { photograph } from './papers.ts';
import { ShuffleNetV2, shuffleNetChannels } from './shufflenetv2.ts';

/** MobileNetV2 and V3, MnasNet and ShuffleNet V2 under timm's names, and under torchvision's what timm has not. */

const v2Paper =
  'Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, arXiv 1801.04381';
const v3Paper = 'Howard et al., Searching for MobileNetV3, ICCV 2019, arXiv 1905.02244';
const mnasPaper =
  'Tan et al., MnasNet: Platform-Aware Neural Architecture Search for Mobile, CVPR 2019, arXiv 1807.11626';
const shufflePaper =
  'Ma et al., ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, ECCV 2018, arXiv 1807.11164';

export const mobilenetEntries: readonly ModelEntry[] = [
  mobilenetv2('035', 0.35),
  mobilenetv2('050', 0.5),
  mobilenetv2('075', 0.75),
  { ...mobilenetv2('100', 1), aliases: ['mobilenet_v2'] },
  mobilenetv2('110d', 1.1, 1.2),
  mobilenetv2('120d', 1.2, 1.4),
  mobilenetv2('140', 1.4),

  mobilenetv3('small', '050', 0.5),
  mobilenetv3('small', '075', 0.75),
  mobilenetv3('small', '100', 1),
  mobilenetv3('large', '075', 0.75),
  mobilenetv3('large', '100', 1),
  mobilenetv3OfTensorFlow('small', '075', 0.75),
  mobilenetv3OfTensorFlow('small', '100', 1),
  mobilenetv3OfTensorFlow('large', '075', 0.75),
  mobilenetv3OfTensorFlow('large', '100', 1),
  mobilenetv3OfTorchvision('small'),
  mobilenetv3OfTorchvision('large'),

  { ...mnasnet('mnasnet_050', 'b1', 0.5), aliases: ['mnasnet0_5'] },
  { ...mnasnet('mnasnet_075', 'b1', 0.75), aliases: ['mnasnet0_75'] },
  { ...mnasnet('mnasnet_100', 'b1', 1), aliases: ['mnasnet1_0', 'mnasnet_b1'] },
  // torchvision's alone.
  mnasnet('mnasnet1_3', 'b1', 1.3),
  mnasnet('mnasnet_140', 'b1', 1.4),
  mnasnet('mnasnet_small', 'small', 1),
  mnasnet('semnasnet_075', 'a1', 0.75),
  { ...mnasnet('semnasnet_100', 'a1', 1), aliases: ['mnasnet_a1'] },

  shufflenetv2('0_5', shuffleNetChannels[0.5]),
  shufflenetv2('1_0', shuffleNetChannels[1]),
  shufflenetv2('1_5', shuffleNetChannels[1.5]),
  shufflenetv2('2_0', shuffleNetChannels[2]),
];

/** With a depth of its own it leaves its ends as they are. */
function mobilenetv2(size: string, widthMultiplier: number, depthMultiplier = 1): ModelEntry {
  const deep = depthMultiplier === 1 ? '' : `, ${depthMultiplier} times as deep`;
  return {
    name: `mobilenetv2_${size}`,
    description: `MobileNetV2${wide(widthMultiplier)}${deep}: inverted residuals`,
    paper: v2Paper,
    inputShape: photograph,
    pictures: bicubic(),
    defaults: { widthMultiplier, depthMultiplier, ...mobileHead },
    build: (options) => new MobileNetV2({ ...options, fixedEnds: depthMultiplier !== 1 }),
  };
}

type V3 = 'small' | 'large';

function mobilenetv3(variant: V3, size: string, widthMultiplier: number): ModelEntry {
  return {
    name: `mobilenetv3_${variant}_${size}`,
    description: `MobileNetV3 ${variant}${wide(widthMultiplier)}: searched, hard-swish, squeeze-and-excitation`,
    paper: v3Paper,
    inputShape: photograph,
    pictures: bicubic(),
    defaults: { widthMultiplier, ...mobileHead },
    build: (options) => new MobileNetV3({ ...options, variant }),
  };
}

function mobilenetv3OfTensorFlow(variant: V3, size: string, widthMultiplier: number): ModelEntry {
  const entry = mobilenetv3(variant, size, widthMultiplier);
  return {
    ...entry,
    name: `tf_${entry.name}`,
    description: `${entry.description}; with TensorFlow's padding, for its weights`,
    pictures: inMinusOneToOne(0.875, 'bilinear'),
    build: (options) => new MobileNetV3({ ...options, variant, ...tensorFlows }),
  };
}

function mobilenetv3OfTorchvision(variant: V3): ModelEntry {
  const entry = mobilenetv3(variant, '100', 1);
  return {
    ...entry,
    name: `mobilenet_v3_${variant}`,
    description: `${entry.description}; as torchvision has it, with ε = 1e-3 and a linear head`,
    pictures: bilinear,
    build: (options) =>
      new MobileNetV3({
        ...options,
        variant,
        norm: { eps: torchvisionEps, momentum: 0.01 },
        linearHead: true,
      }),
  };
}

function mnasnet(name: string, variant: MnasNetVariant, widthMultiplier: number): ModelEntry {
  const which = {
    a1: 'MnasNet-A1, with squeeze-and-excitation',
    b1: 'MnasNet-B1',
    small: 'the small MnasNet',
  };
  return {
    name,
    description: `${which[variant]}${wide(widthMultiplier)}: searched for a telephone's latency`,
    paper: mnasPaper,
    inputShape: photograph,
    pictures: bicubic(),
    defaults: { widthMultiplier, ...mobileHead },
    build: (options) => new MnasNet({ ...options, variant }),
  };
}

function shufflenetv2(size: string, channels: readonly number[]): ModelEntry {
  return {
    name: `shufflenet_v2_x${size}`,
    description: `ShuffleNet V2 ${size.replace('_', '.')}×: half the channels go by, then all are shuffled`,
    paper: shufflePaper,
    inputShape: photograph,
    defaults: { widthMultiplier: 1, numClasses: 1000, inChannels: 3, dropout: 0 },
    build: ({ widthMultiplier = 1, ...options }) => {
      const even = (count: number) => Math.max(2, 2 * Math.round((count * widthMultiplier) / 2));
      return new ShuffleNetV2({ ...options, channels: channels.map(even) });
    },
  };
}

/** What a network that is as wide as its paper's does not say. */
function wide(multiplier: number): string {
  return multiplier === 1 ? '' : `, ${multiplier} times as wide`;
}
