/** Networks of Tables 3 and 4 of the ResNeXt paper: the registry's name, the paper's, top-1 error on ImageNet in percent. */
export const publishedNetworks: readonly {
  readonly name: string;
  readonly title: string;
  readonly error: number;
}[] = [
  { name: 'resnet50_1x64d', title: 'ResNet-50, 1×64d', error: 23.9 },
  { name: 'resnext50_2x40d', title: 'ResNeXt-50, 2×40d', error: 23.0 },
  { name: 'resnext50_4x24d', title: 'ResNeXt-50, 4×24d', error: 22.6 },
  { name: 'resnext50_8x14d', title: 'ResNeXt-50, 8×14d', error: 22.3 },
  { name: 'resnext50_32x4d', title: 'ResNeXt-50, 32×4d', error: 22.2 },
  { name: 'resnet101_1x64d', title: 'ResNet-101, 1×64d', error: 22.0 },
  { name: 'resnext101_32x4d', title: 'ResNeXt-101, 32×4d', error: 21.2 },
  { name: 'resnet200', title: 'ResNet-200', error: 21.7 },
  { name: 'resnet101_1x100d', title: 'ResNet-101, 1×100d', error: 21.3 },
  { name: 'resnext101_2x64d', title: 'ResNeXt-101, 2×64d', error: 20.7 },
  { name: 'resnext101_64x4d', title: 'ResNeXt-101, 64×4d', error: 20.4 },
];
