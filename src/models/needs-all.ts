import { partDefaults } from './part-options.ts';

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

/** Whether a network of the registry is none that the small scripts of a page know, or has parts that those do not. */
export function modelNeedsAll(name: string, options: object = {}): boolean {
  if (!smallModels.test(name)) return true;
  return Object.entries(options).some(
    ([option, value]) =>
      value !== undefined &&
      (option === 'stem' ? value !== 'imagenet' && value !== 'cifar' : Object.hasOwn(partDefaults, option)),
  );
}
