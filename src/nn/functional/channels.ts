import { described } from '../../base/described.ts';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { formatShape, type Value } from '../../graph/value.ts';
import { share, whole } from '../arguments.ts';
import { currentTracing } from '../tracing.ts';
import { axisOf, record, valuesOf, type Operand } from './operand.ts';
import { reshape } from './shape.ts';

/**
 * The channels of `groups` groups in turn, so that the next grouped convolution sees each group (ShuffleNet): N×C×H×W, whose channel
 * i·groups + j is channel j·C/groups + i of x. Throws a `CardinalError` unless the groups divide the channels.
 */
export function channelShuffle(x: Operand, groups: number): Value {
  whole('channelShuffle', 'groups', groups, 1);
  return record('channelShuffle', valuesOf('channelShuffle', [x]), 'channel_shuffle', { groups });
}

/**
 * The channels of N×C×H×W, or the columns of N×F, in parts of `size` (the last may be smaller), or of the sizes of a list. Only `dim` 1 is
 * supported. Throws a `CardinalError` if the sizes of a list do not add up to all.
 */
export function split(x: Operand, size: number | readonly number[], dim = 1): Value[] {
  const [value] = valuesOf('split', [x]);
  const count = channelsOf('split', value, dim);
  const given: unknown = size;
  if (typeof size === 'number')
    return parts('split', value, equal(count, whole('split', 'the size', size, 1)));
  if (!Array.isArray(given)) {
    throw new UsageError(`split: expected a size or an array of sizes, got ${described(given)}`);
  }
  for (const one of size) whole('split', 'a size', one, 1);
  const sum = size.reduce((all, one) => all + one, 0);
  if (sum !== count) {
    throw new CardinalError(
      `split: expected sizes that add up to ${count}, as ${formatShape(value.shape)} has in dim 1, got ${sum}`,
    );
  }
  return parts('split', value, size);
}

/** As `split`, in `chunks` parts of the same size, ⌈C/chunks⌉; the last may be smaller, and there may be fewer. */
export function chunk(x: Operand, chunks: number, dim = 1): Value[] {
  const [value] = valuesOf('chunk', [x]);
  const count = channelsOf('chunk', value, dim);
  return parts('chunk', value, equal(count, Math.ceil(count / whole('chunk', 'chunks', chunks, 1))));
}

function channelsOf(name: string, value: Value, dim: number): number {
  const { shape } = value;
  if ((shape.length !== 4 && shape.length !== 2) || axisOf(name, 'dim', value, dim) !== 1) {
    throw new CardinalError(
      `${name}: expected N×C×H×W or N×F, and dim 1, got ${formatShape(shape)} and ${described(dim)}`,
    );
  }
  return shape[1];
}

function equal(count: number, size: number): number[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, part) => Math.min(size, count - part * size));
}

function parts(name: string, value: Value, lengths: readonly number[]): Value[] {
  const { shape } = value;
  const picture = shape.length === 4 ? value : reshape(value, [...shape, 1, 1]);
  const split = currentTracing(name).graph.apply('split', [picture], { lengths });
  return split.map((part, index) => (shape.length === 4 ? part : reshape(part, [shape[0], lengths[index]])));
}

/**
 * In training leaves out whole pictures of a residual branch N×…, each with probability `p`, and multiplies the others by 1/(1−p), as timm's
 * `drop_path`; otherwise gives x. Which ones follows from the run's seed, like dropout's.
 */
export function dropPath(x: Operand, p: number): Value {
  const [value] = valuesOf('dropPath', [x]);
  const tracing = currentTracing('dropPath');
  if (!tracing.training || share('dropPath', 'p', p) === 0) return value;
  const { seed, stream } = tracing.dropout();
  return tracing.graph.apply1('drop_path', [value, seed], { p, stream, offset: 0 });
}
