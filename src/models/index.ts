export { CifarResNet, type CifarResNetOptions } from './cifar.ts';
export type { Pictures } from './entry.ts';
export { InceptionResnetV2, type InceptionResnetV2Options } from './inception-resnet-v2.ts';
export { InceptionV4, type InceptionV4Options } from './inception-v4.ts';
export { MobileNetV1, type MobileNetV1Options } from './mobilenet.ts';
export { KuangliuResNeXt, type KuangliuResNeXtOptions } from './kuangliu.ts';
export { convertForm } from './convert-form.ts';
export { AggregatedBottleneck, EarlyConcatBottleneck } from './forms.ts';
export { createModel, listModels, modelInfo, type GivenOptions, type ModelInfo } from './registry.ts';
export { BasicBlock, Block, Bottleneck, ResNet, type ResNetOptions } from './resnet.ts';
export {
  resnext,
  resnext101_32x4d,
  resnext101_32x8d,
  resnext101_64x4d,
  resnext50_32x4d,
  resnextCifar,
  type ResNeXtOptions,
} from './resnext.ts';
export { ReviewResNeXt, type ReviewOptions } from './review.ts';
export { type Form, type ModelOptions, type Shortcut } from './options.ts';
export { Xception, type XceptionOptions } from './xception.ts';
