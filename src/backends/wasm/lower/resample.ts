import { binomialFilter, blurPadding, reflected, type BlurPoolAttrs } from '../../../graph/ops/blur-pool.ts';
import { sharesOf, type InterpolateAttrs, type Share } from '../../../graph/ops/interpolate.ts';
import * as kernels from '../args/resample.ts';
import { call, type Call, type Lowering, type PlacedBuffer } from '../call.ts';

/** The taps of each row or column of the target: rows or columns of the source, and what they are multiplied by. */
type Axis = readonly (readonly Share[])[];

export const blurPool2d: Lowering<'blur_pool2d'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [
    resampled(x, y, (axis) => blurTaps(attrs, x.shape[axis], y.shape[axis])),
  ],
};

export const blurPool2dBackward: Lowering<'blur_pool2d_backward'> = {
  calls: ({ attrs, inputs: [dy], outputs: [dx] }) => [
    resampled(dy, dx, (axis) => turned(blurTaps(attrs, dx.shape[axis], dy.shape[axis]), dx.shape[axis])),
  ],
};

export const interpolate: Lowering<'interpolate'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [
    resampled(x, y, (axis) => interpolationTaps(attrs, axis, x.shape[axis], y.shape[axis])),
  ],
};

export const interpolateBackward: Lowering<'interpolate_backward'> = {
  calls: ({ attrs, inputs: [dy], outputs: [dx] }) => [
    resampled(dy, dx, (axis) =>
      turned(interpolationTaps(attrs, axis, dx.shape[axis], dy.shape[axis]), dx.shape[axis]),
    ),
  ],
};

function interpolationTaps(
  attrs: Omit<InterpolateAttrs, 'outputSize'>,
  axis: 2 | 3,
  size: number,
  outputs: number,
): Axis {
  return Array.from({ length: outputs }, (_, at) => sharesOf(attrs, at, size, attrs.scale[axis - 2]));
}

/** What each of `outputs` pixels is made of, of a row of `size` that is reflected at its ends. */
function blurTaps(attrs: BlurPoolAttrs, size: number, outputs: number): Axis {
  const filter = binomialFilter(attrs.filterSize);
  const padding = blurPadding(attrs);
  return Array.from({ length: outputs }, (_, p) =>
    filter.map((weight, r) => ({ from: reflected(p * attrs.stride + r - padding, size), weight })),
  );
}

/** The taps of the gradient: what `size` pixels went into. */
function turned(axis: Axis, size: number): Axis {
  const taps: Share[][] = Array.from({ length: size }, () => []);
  axis.forEach((of, target) => {
    for (const { from, weight } of of) taps[from].push({ from: target, weight });
  });
  return taps;
}

/** y with the taps along axis 2 and axis 3. */
function resampled(x: PlacedBuffer, y: PlacedBuffer, tapsOf: (axis: 2 | 3) => Axis): Call {
  const [, channels, height, width] = x.shape;
  const [images, , outHeight, outWidth] = y.shape;
  const [rows, columns] = [tapsOf(2).map(merged), tapsOf(3).map(merged)];
  return call(kernels.resample, images * outHeight, {
    ...{ source: x.address, target: y.address, height, width, channels, outHeight, outWidth },
    rowTaps: rows.flat().length,
    taps: [...startsOf(rows), ...startsOf(columns), ...wordsOf(rows), ...wordsOf(columns)],
  });
}

/** One tap for each pixel it is taken from: a reflection meets the same one twice. */
function merged(taps: readonly Share[]): readonly Share[] {
  const weights = new Map<number, number>();
  for (const { from, weight } of taps) weights.set(from, (weights.get(from) ?? 0) + weight);
  return [...weights].map(([from, weight]) => ({ from, weight }));
}

function startsOf(axis: Axis): readonly number[] {
  const starts = [0];
  for (const taps of axis) starts.push(starts[starts.length - 1] + taps.length);
  return starts;
}

function wordsOf(axis: Axis): readonly number[] {
  return axis.flat().flatMap(({ from, weight }) => [from, ...new Int32Array(Float32Array.of(weight).buffer)]);
}
