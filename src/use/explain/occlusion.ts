import { UsageError } from '../../base/errors.ts';
import { largest } from '../../base/extremes.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { InputBatches } from '../batch/explainer.ts';
import type { OcclusionOptions } from '../batch/options.ts';

/** Where a square is put, and what covers the picture there. */
export interface Squares {
  readonly size: number;
  readonly stride: number;
  /** First rows and first columns of the square. */
  readonly tops: readonly number[];
  readonly lefts: readonly number[];
  /** Middle grey, as the network gets it: a number for each channel. */
  readonly grey: readonly number[];
}

/** The squares that are asked for. Throws a `UsageError` if one is larger than the network's input. */
export function squaresOf(
  { size: [height, width], mean, std }: Preprocessing,
  options: Pick<OcclusionOptions, 'size' | 'stride'>,
): Squares {
  const shorter = Math.min(height, width);
  const { size = Math.max(1, Math.round(shorter / 7)) } = options;
  if (size > shorter) {
    throw new UsageError(
      `occlusion: expected a square within the network's input of ${height}×${width} pixels, got one of ${size}×${size}`,
    );
  }
  const { stride = Math.max(1, Math.round(size / 2)) } = options;
  return {
    ...{ size, stride },
    tops: startsOf(height, size, stride),
    lefts: startsOf(width, size, stride),
    grey: mean.map((one, channel) => (0.5 - one) / std[channel]),
  };
}

/** Every `stride` pixels, and at the end. */
function startsOf(length: number, size: number, stride: number): readonly number[] {
  const count = Math.ceil((length - size) / stride) + 1;
  return Array.from({ length: count }, (_, at) => Math.min(at * stride, length - size));
}

/**
 * What `score` falls by with the square at each of its places, rows first. Of the covered inputs no more are there at once than are
 * computed together.
 */
export async function dropsOf(
  input: Float32Array,
  width: number,
  squares: Squares,
  {
    batches,
    score,
    onProgress,
  }: {
    readonly batches: InputBatches;
    readonly score: (logits: Float32Array) => number;
    readonly onProgress: OcclusionOptions['onProgress'];
  },
): Promise<Float32Array> {
  const { tops, lefts } = squares;
  const whole = score(await batches.logits(input));
  const drops = new Float32Array(tops.length * lefts.length);
  let done = 0;
  const at = async (place: number): Promise<void> => {
    const top = tops[Math.floor(place / lefts.length)];
    const left = lefts[place % lefts.length];
    drops[place] = whole - score(await batches.logits(covered(input, width, squares, { top, left })));
    onProgress?.({ done: ++done, of: drops.length });
  };
  const waiting: Promise<void>[] = [];
  for (let place = 0; place < drops.length; place++) {
    const one = at(place);
    // Whoever awaits it learns of a failure; another may come first.
    one.catch(() => undefined);
    waiting.push(one);
    if (waiting.length >= batches.size) await waiting.shift();
  }
  await Promise.all(waiting);
  return drops;
}

/** The input H×W×C with the square over it. */
function covered(
  input: Float32Array,
  width: number,
  { size, grey }: Squares,
  { top, left }: { readonly top: number; readonly left: number },
): Float32Array {
  const channels = grey.length;
  const row = Float32Array.from({ length: size * channels }, (_, at) => grey[at % channels]);
  const data = input.slice();
  for (let y = top; y < top + size; y++) data.set(row, (y * width + left) * channels);
  return data;
}

/** H×W numbers from 0 to 1: for each pixel the mean of what the squares over it took away, as a share of the largest; 0 where that is less than nothing. */
export function mapOf(
  drops: Float32Array,
  { size, tops, lefts }: Squares,
  { height, width }: { readonly height: number; readonly width: number },
): Float32Array {
  const sums = new Float64Array(height * width);
  const counts = new Uint32Array(height * width);
  tops.forEach((top, row) => {
    lefts.forEach((left, column) => {
      const drop = drops[row * lefts.length + column];
      for (let y = top; y < top + size; y++) {
        for (let x = left; x < left + size; x++) {
          sums[y * width + x] += drop;
          counts[y * width + x]++;
        }
      }
    });
  });
  const means = sums.map((sum, at) => (counts[at] === 0 ? 0 : Math.max(0, sum / counts[at])));
  const most = largest(means, 0);
  return Float32Array.from(means, (mean) => (most === 0 ? 0 : mean / most));
}
