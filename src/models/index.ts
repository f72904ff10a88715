export { CifarResNet, type CifarResNetOptions } from './cifar.ts';
export { ConvNeXt, type ConvNeXtOptions, type ConvNeXtShape } from './convnext.ts';
export type { Pictures } from './entry.ts';
export { EfficientNet, type EfficientNetOptions } from './efficientnet.ts';
export { EfficientNetV2, type EfficientNetV2Options } from './efficientnetv2.ts';
export { InceptionResnetV2, type InceptionResnetV2Options } from './inception-resnet-v2.ts';
export { InceptionV4, type InceptionV4Options } from './inception-v4.ts';
export { MnasNet, type MnasNetOptions } from './mnasnet.ts';
export { MobileNetV1, type MobileNetV1Options } from './mobilenet.ts';
export { MobileNetV2, type MobileNetV2Options } from './mobilenetv2.ts';
export { MobileNetV3, type MobileNetV3Options } from './mobilenetv3.ts';
export { KuangliuResNeXt, type KuangliuResNeXtOptions } from './kuangliu.ts';
export { familyOf } from './families.ts';
export { convertForm } from './convert-form.ts';
export { AggregatedBottleneck, EarlyConcatBottleneck } from './forms.ts';
export { createModel, listModels, modelInfo, type GivenOptions, type ModelInfo } from './registry.ts';
export { Block } from './block.ts';
export { RegNet, type RegNetOptions, type RegNetShape } from './regnet.ts';
export { BasicBlock, Bottleneck, ResNet, type ResNetOptions } from './resnet.ts';
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
export { ShuffleNetV2, type ShuffleNetV2Options } from './shufflenetv2.ts';
export { type Form, type ModelOptions, type Shortcut } from './options.ts';
export { Xception, type XceptionOptions } from './xception.ts';
export { XceptionAligned, type XceptionAlignedOptions } from './xception-aligned.ts';
