import { partDefaults } from '../../models/part-options.ts';

/** The registry's networks that the small scripts of a page know. */
const smallModels = new RegExp(
  `^(?:${[
    'resnet(?:18|34|50|101|152|200)',
    'resnet\\d+_(?:1x\\d+d|cifar(?:\\.kuangliu)?)',
    'resnext\\d+_(?!32x(?:16|32)d)\\d+x\\d+d(?:_cifar(?:\\.kuangliu)?|\\.review)?',
    'resnext50_depthwise',
    'resnext(?:_cifar(?:\\.kuangliu)?)?',
    'inception_(?:resnet_v2|v4)',
    'mobilenetv1_100',
    '(?:legacy_)?xception',
  ].join('|')})$`,
);

/** Families of which timm publishes weights, and that the small scripts do not know. */
const otherFamilies =
  /^(?:tf_|legacy_se|semnas|mnas|mobilenetv[23]|efficientnet|shufflenet|regnet|convnext|xception\d|(?:wide_|se|sk|eca_?|gc|csp|bat_)res)/;

/** Whether a network of the registry is none that the small scripts of a page know, or has parts that those do not. */
export function modelNeedsAll(name: string, options: object = {}): boolean {
  if (!smallModels.test(name)) return true;
  return Object.entries(options).some(
    ([option, value]) =>
      value !== undefined &&
      (option === 'stem' ? value !== 'imagenet' && value !== 'cifar' : Object.hasOwn(partDefaults, option)),
  );
}

/** Whether their name says so of weights: `hf:timm/mobilenetv3_large_100.ra_in1k`. Of others the small scripts look first. */
export function weightsNeedAll(source: unknown): boolean {
  return typeof source === 'string' && otherFamilies.test(/^hf:timm\/(.+)/.exec(source)?.[1] ?? '');
}
