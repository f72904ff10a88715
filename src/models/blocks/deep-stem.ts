import { BatchNorm2d, Conv2d, Sequential, type Module } from '../../nn/index.ts';

/**
 * Three 3×3 instead of a 7×7, N×inChannels×H×W → N×channels×(H/2)×(W/2), without what follows the last of them: ResNet-C of He et
 * al. 2019, "Bag of tricks for image classification". timm's tiered one grows by steps: 24, 32, 64 channels.
 */
export function deepStem(
  kind: 'deep' | 'deep_tiered',
  activation: () => Module,
): (inChannels: number, channels: number) => Module {
  return (inChannels, channels) => {
    const second = Math.floor(channels / 2);
    const first = kind === 'deep' ? second : 3 * Math.floor(second / 4);
    return new Sequential(
      new Conv2d(inChannels, first, 3, { stride: 2, padding: 1, bias: false }),
      new BatchNorm2d(first),
      activation(),
      new Conv2d(first, second, 3, { padding: 1, bias: false }),
      new BatchNorm2d(second),
      activation(),
      new Conv2d(second, channels, 3, { padding: 1, bias: false }),
    );
  };
}
