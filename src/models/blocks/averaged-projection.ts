import { AvgPool2d, BatchNorm2d, Conv2d, Identity, Sequential, type Module } from '../../nn/index.ts';
import type { Bridge } from '../shortcut.ts';

/**
 * The projection of ResNet-D (He et al. 2019, "Bag of tricks for image classification", section 4): a 1×1 with a stride would
 * look at a quarter of the pixels, so their average comes before it.
 */
export function averagedProjection({ inChannels, outChannels, stride }: Bridge): Module {
  return new Sequential(
    stride === 1 ? new Identity() : new AvgPool2d(2, { stride, ceilMode: true, countIncludePad: false }),
    new Conv2d(inChannels, outChannels, 1, { bias: false }),
    new BatchNorm2d(outChannels),
  );
}
