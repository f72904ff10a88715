import { largest } from '../../base/extremes.ts';

/**
 * Grad-CAM (Selvaraju et al. 2017, section 3) of the last feature map H×W×C and the gradient of a class's logit with respect to it: each
 * channel counts by the mean of its gradient, what speaks against the class counts as nothing, and the rest is divided by its largest.
 * H×W numbers from 0 to 1, all of them 0 if nothing speaks for the class.
 */
export function gradCam(activations: Float32Array, gradient: Float32Array, channels: number): Float32Array {
  const places = activations.length / channels;
  const weights = new Float64Array(channels);
  for (let i = 0; i < gradient.length; i++) weights[i % channels] += gradient[i] / places;
  const sums = Array.from({ length: places }, (_, place) => {
    const row = activations.subarray(place * channels, (place + 1) * channels);
    return Math.max(
      0,
      row.reduce((sum, activation, channel) => sum + weights[channel] * activation, 0),
    );
  });
  const most = largest(sums, 0);
  return Float32Array.from(sums, (sum) => (most === 0 ? 0 : sum / most));
}

/** The size of a map, in places or pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A map in another size, bilinear: places are squares with their value in the middle, as for `align_corners=False` of PyTorch, and
 * outermost values go on to the edge.
 */
export function resizeMap(map: Float32Array, from: Size, to: Size): Float32Array {
  const sample = sampler(map, from);
  const resized = new Float32Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    for (let x = 0; x < to.width; x++) {
      resized[y * to.width + x] = sample((x + 0.5) / to.width, (y + 0.5) / to.height);
    }
  }
  return resized;
}

/** A map's value at a point whose coordinates are shares of its width and height, from 0 to 1. */
export function sampler(map: Float32Array, { width, height }: Size): (u: number, v: number) => number {
  return (u, v) => {
    const x = Math.min(Math.max(u * width - 0.5, 0), width - 1);
    const y = Math.min(Math.max(v * height - 0.5, 0), height - 1);
    const left = Math.floor(x);
    const top = Math.floor(y);
    const right = Math.min(left + 1, width - 1);
    const bottom = Math.min(top + 1, height - 1);
    const across = (row: number): number => {
      const start = map[row * width + left];
      return start + (x - left) * (map[row * width + right] - start);
    };
    const above = across(top);
    return above + (y - top) * (across(bottom) - above);
  };
}
