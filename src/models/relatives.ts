import { UsageError } from '../base/errors.ts';
import type { ModelEntry, Pictures } from './entry.ts';
import { InceptionResnetV2 } from './inception-resnet-v2.ts';
import { InceptionV4 } from './inception-v4.ts';
import { MobileNetV1 } from './mobilenet.ts';
import { Xception } from './xception.ts';

/** The networks that the paper (Table 5) and the review of it (docs/paper.md) compare with ResNeXt, under timm's names. */

const inceptionPaper =
  'Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, AAAI 2017, arXiv 1602.07261';

/** timm's configurations of them: pictures in [−1, 1], as TensorFlow's networks want them. */
const pictures = (cropShare: number): Pictures => ({
  cropShare,
  interpolation: 'bicubic',
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
});

const head = { widthMultiplier: 1, numClasses: 1000, inChannels: 3 } as const;
const photograph = [3, 299, 299] as const;

export const relatives: readonly ModelEntry[] = [
  {
    name: 'inception_v4',
    description: 'Inception-v4, to compare: Table 5 of the ResNeXt paper',
    paper: inceptionPaper,
    inputShape: photograph,
    pictures: pictures(0.875),
    defaults: { layers: [4, 7, 3], ...head, dropout: 0.2 },
    build: ({ layers = [4, 7, 3], ...options }) =>
      new InceptionV4({ ...options, layers: three('inception_v4', layers) }),
  },
  {
    name: 'inception_resnet_v2',
    description: 'Inception-ResNet-v2, scaled residuals, to compare: Table 5 of the ResNeXt paper',
    paper: inceptionPaper,
    inputShape: photograph,
    pictures: pictures(0.8975),
    defaults: { layers: [10, 20, 9], ...head, dropout: 0.2 },
    build: ({ layers = [10, 20, 9], ...options }) =>
      new InceptionResnetV2({ ...options, layers: three('inception_resnet_v2', layers) }),
  },
  {
    name: 'mobilenetv1_100',
    description: 'MobileNetV1, depthwise separable convolutions',
    paper: 'Howard et al., MobileNets, 2017, arXiv 1704.04861',
    inputShape: [3, 224, 224],
    pictures: pictures(0.875),
    defaults: { ...head, dropout: 0 },
    build: (options) => new MobileNetV1(options),
  },
  {
    name: 'xception',
    // What timm has called it since its 0.9.
    aliases: ['legacy_xception'],
    description: 'Xception, depthwise separable convolutions with shortcuts',
    paper:
      'Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, CVPR 2017, arXiv 1610.02357',
    inputShape: photograph,
    pictures: pictures(0.8975),
    defaults: { ...head, dropout: 0.5 },
    build: (options) => new Xception(options),
  },
];

/** Blocks of the three kinds. Throws a `UsageError` if there are not three numbers. */
function three(model: string, layers: number | readonly number[]): readonly number[] {
  if (typeof layers !== 'number' && layers.length === 3) return layers;
  throw new UsageError(
    `${model}: expected layers to be the blocks of its three kinds such as 4,7,3, got ${String(layers)}`,
  );
}
