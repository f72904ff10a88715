import { checkKind, text } from '../base/options.ts';

/** The families under which networks are listed, in the order of their ideas, and what their members' names look like. */
const families: readonly (readonly [title: string, names: RegExp])[] = [
  ['for small pictures', /_cifar\b/],
  ['ResNet', /^(?:wide_)?resnet(?:blur|aa)?\d|^resnet(?:blur|aa)?$/],
  ['ResNeXt', /^resnext/],
  ['pre-activation', /^resnetv2/],
  ['squeeze-and-excitation', /^(?:legacy_)?se(?:resne|net)/],
  ['selective kernels', /^skresne/],
  ['efficient channel attention', /^eca_?resne/],
  ['global context', /^gcresne/],
  ['bilinear attention', /^bat_/],
  ['cross-stage partial', /^csp/],
  ['Inception', /^inception/],
  ['Xception', /^(?:legacy_)?xception/],
  ['MobileNet', /mobilenet/],
  ['MNASNet', /mnasnet/],
  ['ShuffleNet', /^shufflenet/],
  ['EfficientNet', /efficientnet/],
  ['RegNet', /^regnet/],
  ['ConvNeXt', /^convnext/],
];

/** The family of a network; of a name that looks like no other's, `others`. */
export function familyOf(name: string): string {
  checkKind('familyOf', 'the name of a network', name, text);
  return families.find(([, names]) => names.test(name))?.[0] ?? 'others';
}

/** Members of each family, in the families' order; those without members are left out. */
export function byFamily<T extends { readonly name: string }>(networks: readonly T[]): Map<string, T[]> {
  const groups = Map.groupBy(networks, ({ name }) => familyOf(name));
  const order = [...families.map(([title]) => title), 'others'];
  return new Map(
    order.flatMap((title): [string, T[]][] => {
      const members = groups.get(title);
      return members === undefined ? [] : [[title, members]];
    }),
  );
}
