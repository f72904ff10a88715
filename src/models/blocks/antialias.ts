import { AvgPool2d, BlurPool2d, MaxPool2d, Sequential, type Module } from '../../nn/index.ts';
import type { PartOptions } from '../part-options.ts';

type Antialias = PartOptions['antialias'];

/**
 * What stands for a stride so that every pixel counts: N×C×H×W → N×C×(H/stride)×(W/stride). `blur` is Zhang 2019, "Making
 * convolutional networks shift-invariant again".
 */
export function antialiasing(kind: Antialias): ((channels: number, stride: number) => Module) | undefined {
  if (kind === 'avg') return (_, stride) => new AvgPool2d(stride);
  return kind === 'blur' ? (channels, stride) => new BlurPool2d(channels, { stride }) : undefined;
}

/** What stands for the max pool of the stem, as timm has it: `avg` takes no maximum. */
export function antialiasedPool(kind: Antialias): ((channels: number) => Module) | undefined {
  if (kind === 'avg') return () => new AvgPool2d(2);
  if (kind !== 'blur') return undefined;
  return (channels) =>
    new Sequential(new MaxPool2d(3, { stride: 1, padding: 1 }), new BlurPool2d(channels, { stride: 2 }));
}
