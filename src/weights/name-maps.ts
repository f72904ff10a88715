import type { TensorEntry } from './archive.ts';
import type { NameMap } from './name-map.ts';
import { torchvisionMaps } from './torchvision-names.ts';

export type { NameMap };

/** All name maps. */
export const nameMaps: readonly NameMap[] = [
  {
    id: 'torchvision',
    origin:
      "torchvision and timm call ResNets and ResNeXts as we do, timm the networks to compare with, and akamaster/pytorch_resnet_cifar10 CIFAR's ResNets",
    substitutions: [],
  },
  {
    id: 'pytorch-cifar-models',
    origin: 'chenyaofo/pytorch-cifar-models, resnet.py: projections on the shortcuts (B)',
    substitutions: [
      ['^fc\\.', 'linear.'],
      ['\\.downsample\\.', '.shortcut.'],
    ],
  },
  {
    id: 'pytorch-cifar',
    origin:
      'kuangliu/pytorch-cifar, resnet.py: four stages behind a 3×3 stem; resnext.py: three behind a 1×1 stem',
    substitutions: [
      ['^linear\\.', 'fc.'],
      ['\\.shortcut\\.', '.downsample.'],
    ],
  },
  {
    id: 'pytorch-cifar100',
    origin: 'weiaicunzai/pytorch-cifar100, resnet.py',
    substitutions: [
      ['^conv1\\.0\\.', 'conv1.'],
      ['^conv1\\.1\\.', 'bn1.'],
      ['^conv2_x\\.', 'layer1.'],
      ['^conv3_x\\.', 'layer2.'],
      ['^conv4_x\\.', 'layer3.'],
      ['^conv5_x\\.', 'layer4.'],
      ['\\.residual_function\\.0\\.', '.conv1.'],
      ['\\.residual_function\\.1\\.', '.bn1.'],
      ['\\.residual_function\\.3\\.', '.conv2.'],
      ['\\.residual_function\\.4\\.', '.bn2.'],
      ['\\.residual_function\\.6\\.', '.conv3.'],
      ['\\.residual_function\\.7\\.', '.bn3.'],
      ['\\.shortcut\\.', '.downsample.'],
    ],
  },
  {
    id: 'resnext.pytorch',
    origin: "prlz77/ResNeXt.pytorch, model.py: the paper's networks for CIFAR",
    substitutions: [
      ['^conv_1_3x3\\.', 'conv1.'],
      ['^bn_1\\.', 'bn1.'],
      ['^stage_(\\d+)\\.stage_\\d+_bottleneck_(\\d+)\\.', 'layer$1.$2.'],
      ['\\.conv_reduce\\.', '.conv1.'],
      ['\\.bn_reduce\\.', '.bn1.'],
      ['\\.conv_conv\\.', '.conv2.'],
      ['\\.bn\\.', '.bn2.'],
      ['\\.conv_expand\\.', '.conv3.'],
      ['\\.bn_expand\\.', '.bn3.'],
      ['\\.shortcut\\.shortcut_conv\\.', '.downsample.0.'],
      ['\\.shortcut\\.shortcut_bn\\.', '.downsample.1.'],
      ['^classifier\\.', 'fc.'],
    ],
  },
  {
    id: 'pretrained-models',
    origin: "Cadene/pretrained-models.pytorch, inceptionresnetv2.py; its Inception-v4 is called as timm's",
    substitutions: [['^last_linear\\.', 'classif.']],
  },
  {
    id: 'pretrained-models-xception',
    origin: 'Cadene/pretrained-models.pytorch, xception.py',
    substitutions: [['^last_linear\\.', 'fc.']],
  },
  {
    id: 'transformers',
    origin: 'huggingface/transformers, ResNetForImageClassification (microsoft/resnet-50)',
    substitutions: [
      ['^resnet\\.embedder\\.embedder\\.convolution\\.', 'conv1.'],
      ['^resnet\\.embedder\\.embedder\\.normalization\\.', 'bn1.'],
      ['^resnet\\.encoder\\.stages\\.0\\.layers\\.', 'layer1.'],
      ['^resnet\\.encoder\\.stages\\.1\\.layers\\.', 'layer2.'],
      ['^resnet\\.encoder\\.stages\\.2\\.layers\\.', 'layer3.'],
      ['^resnet\\.encoder\\.stages\\.3\\.layers\\.', 'layer4.'],
      ['\\.layer\\.0\\.convolution\\.', '.conv1.'],
      ['\\.layer\\.0\\.normalization\\.', '.bn1.'],
      ['\\.layer\\.1\\.convolution\\.', '.conv2.'],
      ['\\.layer\\.1\\.normalization\\.', '.bn2.'],
      ['\\.layer\\.2\\.convolution\\.', '.conv3.'],
      ['\\.layer\\.2\\.normalization\\.', '.bn3.'],
      ['\\.shortcut\\.convolution\\.', '.downsample.0.'],
      ['\\.shortcut\\.normalization\\.', '.downsample.1.'],
      ['^classifier\\.1\\.', 'fc.'],
    ],
  },
  ...torchvisionMaps,
];

/** What names become under a map. */
export function renamer({ substitutions }: Pick<NameMap, 'substitutions'>): (name: string) => string {
  const compiled = substitutions.map(([pattern, replacement]) => [new RegExp(pattern), replacement] as const);
  return (name) =>
    compiled.reduce((current, [regex, replacement]) => current.replace(regex, replacement), name);
}

/**
 * The tensors of a network of the registry as torchvision has them, in the same order. Undefined if it calls any as we do, or has no such
 * network.
 */
export function asTorchvisions(
  network: string,
  tensors: ReadonlyMap<string, TensorEntry>,
): ReadonlyMap<string, TensorEntry> | undefined {
  const map = nameMaps.find(({ networks }) => networks !== undefined && new RegExp(networks).test(network));
  if (map?.back === undefined) return undefined;
  const rename = renamer({ substitutions: map.back });
  if ([...tensors.keys()].some((name) => rename(name) === name)) return undefined;
  return new Map(
    [...tensors].map(([name, tensor]) => [rename(name), map.adaptBack?.(name, tensor) ?? tensor]),
  );
}

/** Names that tools leave in state dicts and that mean nothing to a network: the counters of thop, ptflops and AveragedModel. */
export const strayNames = /(^|\.)(total_ops|total_params|__flops__|__params__|n_averaged)$/;

/** Where files keep the weights among other things; an average of the weights is what its authors evaluate and publish. */
export const wrappers: readonly string[] = [
  'state_dict_ema',
  'model_ema',
  'ema_state_dict',
  'ema',
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'weights',
  'params',
];

/** What programs put before every name: DataParallel, `torch.compile`, averaged models, Lightning and wrappers' attributes. */
export const prefixes: readonly string[] = [
  'module',
  '_orig_mod',
  'model',
  'net',
  'network',
  'backbone',
  'ema',
];
