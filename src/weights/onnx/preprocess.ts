import type { Preprocessing } from '../../data/preprocessing.ts';
import { Calculator } from './calculator.ts';
import type { GraphBuilder } from './graph-builder.ts';
import {
  axisWeights,
  graphInterpolations,
  highZero,
  roundSums,
  type Axis,
  type GraphInterpolation,
  type WeightBytes,
} from './resample.ts';

/** A preparation that can be put into a graph: pictures are resized by one of the filters that it has. */
export interface GraphPreprocessing extends Preprocessing {
  readonly interpolation: GraphInterpolation;
}

export function fitsGraph(preprocessing: Preprocessing): preprocessing is GraphPreprocessing {
  const known: readonly string[] = graphInterpolations;
  return known.includes(preprocessing.interpolation);
}

/**
 * Appends what `data/pipeline.ts` does to a picture before a network sees it: resize, crop the middle, normalise. `image`
 * names bytes N×H×W×C of any height and width; gives the name of N×C×P×Q floats, P×Q being the preprocessing's size.
 *
 * Resize and crop are two matmuls, columns first and bytes in between, as in Pillow: only pixels of the crop are
 * computed. ONNX's own Resize with `antialias` is modelled on Pillow too, but computes its weights in single precision,
 * which changes some bytes by one. Weights of 24 bits are multiplied a byte at a time, because MatMulInteger takes bytes;
 * its sums are whole numbers, so nothing is rounded before Pillow rounds.
 */
export function appendPreprocessing(
  builder: GraphBuilder,
  image: string,
  { size, resize, interpolation, mean, std }: GraphPreprocessing,
): string {
  const calculator = new Calculator(builder, 'preprocess');
  const { op, int } = calculator;
  const picture = calculator.with('Transpose', [image], { perm: { ints: [0, 3, 1, 2] } });
  const shape = op('Shape', image);
  const height = op('Gather', shape, int(1));
  const width = op('Gather', shape, int(2));
  const [p, q] = size;
  const short = resize === null ? undefined : { length: resize, of: op('Min', height, width) };

  const across = axisWeights(calculator, cropped(calculator, width, q, short), interpolation);
  const columns = roundSums(
    calculator,
    products(calculator, across, (bytes, zero) =>
      op('MatMulInteger', picture, op('Transpose', bytes), '', zero),
    ),
  );
  const down = axisWeights(calculator, cropped(calculator, height, p, short), interpolation);
  const pixels = roundSums(
    calculator,
    products(calculator, down, (bytes, zero) => op('MatMulInteger', bytes, columns, zero)),
  );
  return normalise(calculator, pixels, mean, std);
}

/**
 * The length that an axis is resized to, as torchvision's `Resize`: the short side has the wanted length and the long one
 * is cut to a whole number; and the first pixel of its `CenterCrop`: a surplus half is rounded to even, and a picture that
 * is too small is padded by ⌊missing/2⌋, which makes it negative.
 */
function cropped(
  { op, int }: Calculator,
  extent: string,
  wanted: number,
  short: { readonly length: number; readonly of: string } | undefined,
): Axis {
  if (short === undefined) return { extent, resized: int(wanted), start: int(0), wanted };
  const resized = op('Div', op('Mul', extent, int(short.length)), short.of);
  const surplus = op('Sub', resized, int(wanted));
  // Integers divide towards zero. An odd surplus over an odd half takes one more, so that the half becomes even.
  const odd = op('Mod', op('Div', op('Max', surplus, int(0)), int(2)), int(2));
  return { extent, resized, start: op('Div', op('Add', surplus, odd), int(2)), wanted };
}

/** The matmul with each byte of the weights; `zero` names the byte that means 0. */
function products(
  { uint8 }: Calculator,
  weights: WeightBytes,
  multiply: (bytes: string, zero: string) => string,
): WeightBytes {
  return {
    high: multiply(weights.high, uint8(highZero)),
    middle: multiply(weights.middle, uint8(0)),
    low: multiply(weights.low, uint8(0)),
  };
}

/** (byte/255 − mean)/std for each channel. */
function normalise(
  { op, float, table }: Calculator,
  pixels: string,
  mean: readonly number[],
  std: readonly number[],
): string {
  const perChannel = (name: string, values: readonly number[]) =>
    table(name, [1, values.length, 1, 1], Float32Array.from(values));
  const unit = op('Div', float(pixels), table('range', [], Float32Array.of(255)));
  return op('Div', op('Sub', unit, perChannel('mean', mean)), perChannel('std', std));
}
