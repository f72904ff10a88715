import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { anything, checkOptions, finite, flag, oneOf, type Kind } from '../base/options.ts';
import { usualSlope } from '../graph/activation-rule.ts';
import type { OpName, OpTable, Pair, PoolAttrs } from '../graph/op-table.ts';
import { formatShape, type Value } from '../graph/value.ts';
import { finiteNumber, pair, whole, type Size } from './arguments.ts';
import { checkValue, currentTracing, type Tracing } from './tracing.ts';

/** Ops without parameters, for use in `forward`: PyTorch's `torch.nn.functional`, and `+`, `cat` and `flatten` of `torch`. */

/** Options of pooling, in pixels. */
export interface PoolOptions {
  /** Default: the kernel's size. */
  readonly stride?: Size;
  /** At most half the kernel. */
  readonly padding?: Size;
  /** Lets windows begin inside and end outside the picture. */
  readonly ceilMode?: boolean;
}

/** Options of average pooling. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether the zeros around the picture count in the mean. */
  readonly countIncludePad?: boolean;
}

/** Options of GELU. */
export interface GeluOptions {
  /** Whether its second formula, with a hyperbolic tangent, is taken. Default: 'none'. */
  readonly approximate?: 'none' | 'tanh';
}

/** A size for both directions, or [vertical, horizontal]; null keeps the picture's. */
export type AdaptiveSize = number | readonly [number | null, number | null];

/** ReLU, max(x, 0), element by element; x of any shape. */
export function relu(x: Value): Value {
  return record('relu', [x], 'relu', {});
}

/** ReLU6, min(max(x, 0), 6), element by element; x of any shape. */
export function relu6(x: Value): Value {
  return record('relu6', [x], 'relu6', {});
}

/** Hardsigmoid, relu6(x + 3)/6, element by element; x of any shape. */
export function hardsigmoid(x: Value): Value {
  return record('hardsigmoid', [x], 'hardsigmoid', {});
}

/** SiLU (swish), x·sigmoid(x), element by element; x of any shape. */
export function silu(x: Value): Value {
  return record('silu', [x], 'silu', {});
}

/** Hardswish, x·relu6(x + 3)/6, element by element; x of any shape. */
export function hardswish(x: Value): Value {
  return record('hardswish', [x], 'hardswish', {});
}

/** The logistic function, 1/(1 + e^−x), element by element; x of any shape. */
export function sigmoid(x: Value): Value {
  return record('sigmoid', [x], 'sigmoid', {});
}

/**
 * GELU, x·Φ(x) with the distribution function of normal numbers, element by element; x of any shape. With `approximate: 'tanh'` by its
 * authors' second formula. Throws a `UsageError` for another.
 */
export function gelu(x: Value, options: GeluOptions = {}): Value {
  checkGelu('gelu', options);
  return record('gelu', [x], options.approximate === 'tanh' ? 'gelu_tanh' : 'gelu', {});
}

/** Leaky ReLU, x above 0 and negativeSlope·x below it, element by element; x of any shape. Throws a `CardinalError` if the slope is not finite. */
export function leakyRelu(x: Value, negativeSlope = usualSlope): Value {
  finiteNumber('leakyRelu', 'negativeSlope', negativeSlope);
  return record('leakyRelu', [x], 'leaky_relu', { negativeSlope });
}

/**
 * The sum a + alpha·b of two values of the same shape. If b is the result of a convolution or a batch norm that
 * nothing else uses, factor and addition are fused into it. Throws a `CardinalError` if the shapes differ.
 */
export function add(a: Value, b: Value, options: { readonly alpha?: number } = {}): Value {
  checkOptions('add', options, { alpha: finite });
  checkInputs('add', [a, b]);
  const { alpha = 1 } = options;
  const scaled = alpha === 1 ? b : mul(b, alpha);
  return record('add', [a, scaled], 'add', { activation: 'none' });
}

/** The product factor·x, x of any shape. Throws a `CardinalError` if the factor is not finite. */
export function mul(x: Value, factor: number): Value {
  finiteNumber('mul', 'the factor', factor);
  return record('mul', [x], 'scale', { factor });
}

/**
 * Concatenates channels: N×C₁×H×W, N×C₂×H×W, … → N×ΣC×H×W. Only `dim` 1 is supported. Throws a `CardinalError` if the
 * shapes do not fit.
 */
export function cat(inputs: readonly Value[], dim = 1): Value {
  const given: unknown = inputs;
  if (!Array.isArray(given)) {
    throw new UsageError(`cat: expected an array of values, got ${described(given)}`);
  }
  if (dim !== 1) throw new CardinalError(`cat: expected dim 1, channels, got ${described(dim)}`);
  return record('cat', inputs, 'concat', {});
}

/** Flattens all but the batch: N×C×H×W → N×(C·H·W). Only `startDim` 1 and `endDim` −1 are supported. */
export function flatten(x: Value, startDim = 1, endDim = -1): Value {
  checkFlatten('flatten', startDim, endDim);
  return record('flatten', [x], 'flatten', {});
}

/** Adds channels of zeros: N×C×H×W → N×(before+C+after)×H×W. */
export function padChannels(x: Value, before: number, after: number): Value {
  whole('padChannels', 'before', before, 0);
  whole('padChannels', 'after', after, 0);
  return record('padChannels', [x], 'pad_channels', { before, after });
}

/** Every stride-th pixel, x[:, :, ::stride, ::stride]: N×C×H×W → N×C×⌈H/stride⌉×⌈W/stride⌉. */
export function subsample(x: Value, stride: number): Value {
  whole('subsample', 'stride', stride, 1);
  return record('subsample', [x], 'subsample', { stride });
}

/** The largest value of each window: N×C×H×W → N×C×P×Q. Padding counts as −∞. */
export function maxPool2d(x: Value, kernelSize: Size, options: PoolOptions = {}): Value {
  return record('maxPool2d', [x], 'max_pool2d', checkPool('maxPool2d', kernelSize, options));
}

/** The mean of each window: N×C×H×W → N×C×P×Q. */
export function avgPool2d(x: Value, kernelSize: Size, options: AvgPoolOptions = {}): Value {
  const pool = checkPool('avgPool2d', kernelSize, options, { countIncludePad: flag });
  const { countIncludePad = true } = options;
  return record('avgPool2d', [x], 'avg_pool2d', { ...pool, countIncludePad });
}

/**
 * Means of windows that give any output size: N×C×H×W → N×C×P×Q. [P, Q] is `outputSize`; null along an axis keeps its
 * size. Window p covers the rows from ⌊p·H/P⌋ to ⌈(p + 1)·H/P⌉, so windows may overlap. `outputSize` 1 gives the mean
 * of each channel.
 */
export function adaptiveAvgPool2d(x: Value, outputSize: AdaptiveSize): Value {
  const size = adaptiveSize('adaptiveAvgPool2d', x, outputSize);
  const kernel = evenKernel(x, size);
  if (kernel === undefined) {
    return record('adaptiveAvgPool2d', [x], 'adaptive_avg_pool2d', { outputSize: size });
  }
  const pool = checkPool('adaptiveAvgPool2d', kernel, {});
  return record('adaptiveAvgPool2d', [x], 'avg_pool2d', { ...pool, countIncludePad: true, adaptive: true });
}

/** N×C×H×W → N×C×P×Q: the largest value of each of the windows that `adaptiveAvgPool2d` has. */
export function adaptiveMaxPool2d(x: Value, outputSize: AdaptiveSize): Value {
  const size = adaptiveSize('adaptiveMaxPool2d', x, outputSize);
  const kernel = evenKernel(x, size);
  if (kernel !== undefined) return maxPool2d(x, kernel);
  return record('adaptiveMaxPool2d', [x], 'adaptive_max_pool2d', { outputSize: size });
}

/** Records an op for the function `name`, once its inputs are checked. */
function record<K extends OpName>(name: string, inputs: readonly Value[], op: K, attrs: OpTable[K]): Value {
  return checkInputs(name, inputs).graph.apply1(op, inputs, attrs);
}

/** The trace that runs, of which all `inputs` are. Throws a `UsageError` if one is not. */
function checkInputs(name: string, inputs: readonly Value[]): Tracing {
  const tracing = currentTracing(name);
  inputs.forEach((input, index) => {
    checkValue(name, inputs.length === 1 ? 'its input' : `input ${index + 1}`, tracing, input);
  });
  return tracing;
}

/** Throws a `UsageError` for what is no option of GELU. */
export function checkGelu(name: string, options: GeluOptions): void {
  checkOptions(name, options, { approximate: oneOf('none', 'tanh') });
}

/** Throws a `CardinalError` unless the batch stays and the rest goes. */
export function checkFlatten(name: string, startDim: number, endDim: number): void {
  if (startDim !== 1) throw new CardinalError(`${name}: expected startDim 1, got ${described(startDim)}`);
  if (endDim !== -1 && endDim !== 3) {
    throw new CardinalError(`${name}: expected endDim -1, the last, got ${described(endDim)}`);
  }
}

/** The attributes of a pooling op. Throws a `CardinalError` for what is no fit; `more` are options beside the common ones. */
export function checkPool(
  name: string,
  kernelSize: Size,
  options: PoolOptions,
  more: Readonly<Record<string, Kind>> = {},
): PoolAttrs {
  checkOptions(name, options, { stride: anything, padding: anything, ceilMode: flag, ...more });
  const kernel = pair(name, 'kernelSize', kernelSize, 1);
  return {
    kernelSize: kernel,
    stride: pair(name, 'stride', options.stride ?? kernel, 1),
    padding: pair(name, 'padding', options.padding ?? 0, 0),
    ceilMode: options.ceilMode ?? false,
  };
}

/** Throws a `CardinalError` unless `size` is what adaptive pooling may give; null stands for a size that is kept. */
export function checkAdaptiveSize(name: string, size: AdaptiveSize): void {
  resolved(name, size, [1, 1]);
}

function adaptiveSize(name: string, x: Value, outputSize: AdaptiveSize): Pair {
  checkInputs(name, [x]);
  if (x.shape.length !== 4) {
    throw new CardinalError(`${name}: expected a picture N×C×H×W, got ${formatShape(x.shape)}`);
  }
  return resolved(name, outputSize, [x.shape[2], x.shape[3]]);
}

/** `size` with what null stands for; `pair` refuses whatever else a caller in plain JavaScript may give. */
function resolved(name: string, size: AdaptiveSize, [h, w]: Pair): Pair {
  const given: readonly unknown[] = Array.isArray(size) ? size : [];
  if (!given.includes(null)) return pair(name, 'outputSize', size as Size, 1);
  const [p, q, ...more] = given as readonly (number | null)[];
  return pair(name, 'outputSize', [p ?? h, q ?? w, ...more] as unknown as Pair, 1);
}

/** The kernel of the pooling that it is where the output size divides the picture's, which every tool knows. */
function evenKernel({ shape: [, , h, w] }: Value, [p, q]: Pair): Pair | undefined {
  return h % p === 0 && w % q === 0 ? [h / p, w / q] : undefined;
}
