import { CardinalError } from '../base/errors.ts';
import type { Pair } from '../graph/op-table.ts';
import { formatShape, type Value } from '../graph/value.ts';
import { pair, whole, type Size } from './arguments.ts';
import { currentTracing } from './tracing.ts';

/** Ops without parameters, for use in `forward`: PyTorch's `torch.nn.functional`, and `+`, `cat` and `flatten` of `torch`. */

export interface PoolOptions {
  /** The kernel's size unless given. */
  readonly stride?: Size;
  /** At most half the kernel. */
  readonly padding?: Size;
  /** Lets windows begin inside and end outside the picture. */
  readonly ceilMode?: boolean;
}

/** A size for both directions, or [vertical, horizontal]; null keeps the picture's. */
export type AdaptiveSize = number | readonly [number | null, number | null];

/** max(x, 0). */
export function relu(x: Value): Value {
  return currentTracing('relu').graph.apply1('relu', [x], {});
}

/** min(max(x, 0), 6). */
export function relu6(x: Value): Value {
  return currentTracing('relu6').graph.apply1('relu6', [x], {});
}

/**
 * a + alpha·b, of the same shape. With b the result of a convolution or a batch norm that nothing else uses, neither the
 * factor nor the addition takes a pass over memory of its own.
 */
export function add(a: Value, b: Value, { alpha = 1 }: { readonly alpha?: number } = {}): Value {
  const scaled = alpha === 1 ? b : mul(b, alpha);
  return currentTracing('add').graph.apply1('add', [a, scaled], { relu: false });
}

/** factor·x. Throws a `CardinalError` if the factor is not finite. */
export function mul(x: Value, factor: number): Value {
  return currentTracing('mul').graph.apply1('scale', [x], { factor });
}

/** N×C₁×H×W, N×C₂×H×W, … → N×ΣC×H×W. */
export function cat(inputs: readonly Value[]): Value {
  return currentTracing('cat').graph.apply1('concat', inputs, {});
}

/** N×C×H×W → N×(C·H·W). Only `startDim` 1 is supported: the batch stays. */
export function flatten(x: Value, startDim = 1): Value {
  if (startDim !== 1) throw new CardinalError(`flatten: expected startDim 1, got ${startDim}`);
  return currentTracing('flatten').graph.apply1('flatten', [x], {});
}

/** N×C×H×W → N×(before+C+after)×H×W, the new channels zero. */
export function padChannels(x: Value, before: number, after: number): Value {
  whole('padChannels', 'before', before, 0);
  whole('padChannels', 'after', after, 0);
  return currentTracing('padChannels').graph.apply1('pad_channels', [x], { before, after });
}

/** x[:, :, ::stride, ::stride]. */
export function subsample(x: Value, stride: number): Value {
  whole('subsample', 'stride', stride, 1);
  return currentTracing('subsample').graph.apply1('subsample', [x], { stride });
}

/** N×C×H×W → N×C×P×Q; padding counts as −∞. */
export function maxPool2d(x: Value, kernelSize: Size, options: PoolOptions = {}): Value {
  const attrs = poolAttrs('maxPool2d', kernelSize, options);
  return currentTracing('maxPool2d').graph.apply1('max_pool2d', [x], attrs);
}

/** N×C×H×W → N×C×P×Q. */
export function avgPool2d(
  x: Value,
  kernelSize: Size,
  { countIncludePad = true, ...options }: PoolOptions & { readonly countIncludePad?: boolean } = {},
): Value {
  const attrs = { ...poolAttrs('avgPool2d', kernelSize, options), countIncludePad };
  return currentTracing('avgPool2d').graph.apply1('avg_pool2d', [x], attrs);
}

/**
 * N×C×H×W → N×C×P×Q, the means of windows: [P, Q] is `outputSize`, and null along an axis keeps its size. Window p covers the rows from
 * ⌊p·H/P⌋ to ⌈(p + 1)·H/P⌉, so windows may overlap. 1 is the mean of each channel.
 */
export function adaptiveAvgPool2d(x: Value, outputSize: AdaptiveSize): Value {
  const size = adaptiveSize('adaptiveAvgPool2d', x, outputSize);
  const kernel = evenKernel(x, size);
  if (kernel !== undefined) return avgPool2d(x, kernel);
  return currentTracing('adaptiveAvgPool2d').graph.apply1('adaptive_avg_pool2d', [x], { outputSize: size });
}

/** N×C×H×W → N×C×P×Q: the largest value of each of the windows that `adaptiveAvgPool2d` has. */
export function adaptiveMaxPool2d(x: Value, outputSize: AdaptiveSize): Value {
  const size = adaptiveSize('adaptiveMaxPool2d', x, outputSize);
  const kernel = evenKernel(x, size);
  if (kernel !== undefined) return maxPool2d(x, kernel);
  return currentTracing('adaptiveMaxPool2d').graph.apply1('adaptive_max_pool2d', [x], { outputSize: size });
}

function poolAttrs(name: string, kernelSize: Size, options: PoolOptions) {
  const kernel = pair(name, 'kernelSize', kernelSize, 1);
  return {
    kernelSize: kernel,
    stride: pair(name, 'stride', options.stride ?? kernel, 1),
    padding: pair(name, 'padding', options.padding ?? 0, 0),
    ceilMode: options.ceilMode ?? false,
  };
}

function adaptiveSize(name: string, x: Value, outputSize: AdaptiveSize): Pair {
  if (x.shape.length !== 4) {
    throw new CardinalError(`${name}: expected a picture N×C×H×W, got ${formatShape(x.shape)}`);
  }
  const [, , h, w] = x.shape;
  const [p, q] = typeof outputSize === 'number' ? [outputSize, outputSize] : outputSize;
  return pair(name, 'outputSize', [p ?? h, q ?? w], 1);
}

/** The kernel of the pooling that it is where the output size divides the picture's, which every tool knows. */
function evenKernel({ shape: [, , h, w] }: Value, [p, q]: Pair): Pair | undefined {
  return h % p === 0 && w % q === 0 ? [h / p, w / q] : undefined;
}
