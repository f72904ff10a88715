import { z } from 'zod/mini';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape } from '../../src/graph/value.ts';

/** A convolution as a bench times it: N×C×H×H in, K×(C/G)×R×R weights, padded by (R − 1)/2. */
export const layerSchema = z.object({
  name: z.string(),
  /** How often the network has it. */
  times: z.int(),
  batch: z.int(),
  channels: z.int(),
  out: z.int(),
  size: z.int(),
  kernel: z.int(),
  stride: z.int(),
  groups: z.int(),
  /** Whether training wants the gradient of its input: nobody wants that of the pictures. */
  inputGradient: z.boolean(),
});
export type Layer = z.infer<typeof layerSchema>;

/** Forward, gradient of the input, gradient of the weights. */
export const passes = ['forward', 'input', 'weight'] as const;
export const passSchema = z.enum(passes);
export type Pass = z.infer<typeof passSchema>;

/** N×C×H×H, K×(C/G)×R×R and N×K×P×P. */
export function shapesOf({ batch, channels, out, size, kernel, stride, groups }: Layer) {
  const place = Math.ceil(size / stride);
  const x: Shape = [batch, channels, size, size];
  const w: Shape = [out, channels / groups, kernel, kernel];
  const y: Shape = [batch, out, place, place];
  return { x, w, y };
}

/** `64→256 3×3/2 G32 56²`: channels, kernel and stride, groups, side of the input. */
export function describeLayer({ channels, out, kernel, stride, groups, size }: Layer): string {
  const step = stride === 1 ? '' : `/${stride}`;
  return `${channels}→${out} ${kernel}×${kernel}${step}${groups === 1 ? '' : ` G${groups}`} ${size}²`;
}

/** 2 per multiply–accumulate; the same for every pass. */
export function flopOf(layer: Layer): number {
  const { w, y } = shapesOf(layer);
  return 2 * sizeOf(y) * sizeOf(w.slice(1));
}

/**
 * What a pass has to read and write at least: both inputs and the output once. A kernel narrower than its stride leaves pixels
 * out, which need not be read; their gradient, zero, has to be written.
 */
export function bytesOf(layer: Layer, pass: Pass): number {
  const { x, w, y } = shapesOf(layer);
  const touched = pass === 'input' ? 1 : Math.min(1, layer.kernel / layer.stride) ** 2;
  return 4 * (sizeOf(x) * touched + sizeOf(w) + sizeOf(y));
}

/** What a pass reads and what it gives. */
export function placesOf(layer: Layer, pass: Pass): { inputs: readonly [Shape, Shape]; output: Shape } {
  const { x, w, y } = shapesOf(layer);
  if (pass === 'forward') return { inputs: [x, w], output: y };
  return pass === 'input' ? { inputs: [y, w], output: x } : { inputs: [y, x], output: w };
}

/**
 * How often each pass is run for one time, after one run that does not count and wakes the threads: the same for all
 * contenders, so that a time takes some milliseconds.
 */
export function repeatsOf(layer: Layer): number {
  return Math.max(1, Math.min(16, Math.ceil(1e9 / flopOf(layer))));
}

/** Numbers that a pass gives. */
export function outputSizeOf(layer: Layer, pass: Pass): number {
  return sizeOf(placesOf(layer, pass).output);
}
