import type { TensorData } from '../base/tensor-data.ts';
import { Conv2d } from '../nn/layers/conv2d.ts';
import type { AnyModule } from '../nn/module.ts';
import type { TensorEntry } from './archive.ts';
import { decodeTensor, encodeTensor } from './dtypes.ts';

/**
 * The weights of a first convolution, K×I×R×S, for pictures of another number of channels, K×C×R×S, as timm's
 * `adapt_input_conv` makes them: for one channel the sum over the old ones, for others the old ones over and over, cut, and
 * scaled by I/C, so that a picture whose channels are all the same gives about what it gave. timm knows I = 3 alone.
 */
export function adaptInputWeights(
  { shape, data }: TensorData & { readonly dtype: 'F32' },
  channels: number,
): TensorData & { readonly dtype: 'F32' } {
  const [outside, inside, height, width] = shape;
  const area = height * width;
  const adapted = new Float32Array(outside * channels * area);
  const at = (k: number, c: number, i: number): number => data[(k * inside + c) * area + i];
  for (let k = 0; k < outside; k++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++) {
        let value = 0;
        if (channels === 1) for (let old = 0; old < inside; old++) value += at(k, old, i);
        else value = (at(k, c % inside, i) * inside) / channels;
        adapted[(k * channels + c) * area + i] = value;
      }
    }
  }
  return { dtype: 'F32', shape: [outside, channels, height, width], data: adapted };
}

/** The convolution that sees the pictures: the first of the network, unless it is grouped. Its path too; undefined if there is none. */
export function inputConvolution(
  model: AnyModule,
): { readonly path: string; readonly convolution: Conv2d } | undefined {
  for (const [path, module] of model.namedModules()) {
    if (module instanceof Conv2d) return module.groups === 1 ? { path, convolution: module } : undefined;
  }
  return undefined;
}

/** A file's tensor for another number of channels; its numbers are F32. Undefined if it is no dense convolution's. */
export function adaptedEntry(entry: TensorEntry, channels: number): TensorEntry | undefined {
  const [outside, inside, ...kernel] = entry.shape;
  if (kernel.length !== 2 || inside < 1 || !/^B?F/.test(entry.dtype)) return undefined;
  const shape = [outside, channels, ...kernel];
  return {
    dtype: 'F32',
    shape,
    async read() {
      const weights = decodeTensor(await entry.read());
      // What is of floats is read as F32.
      if (weights.dtype !== 'F32') throw new Error('a convolution of integers');
      return encodeTensor(adaptInputWeights(weights, channels));
    },
  };
}
