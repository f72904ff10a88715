import type { Picture } from '../dataset.ts';
import { filters, type Filter, type Interpolation } from './filters.ts';
import { resizeNearest } from './nearest.ts';
import { wholeOf, type Region } from './region.ts';

/**
 * Resizes `region` of a picture, equal to Pillow's `Image.resize` of the cut-out byte for byte. All but `nearest` are
 * antialiasing separable filters: where the picture shrinks, the filter's support grows with the reduction. Weights are in
 * fixed point with 22 fractional bits, rows come first, and bytes are rounded between the two passes, as in Pillow's
 * src/libImaging/Resample.c.
 */
export function resize(
  picture: Picture,
  width: number,
  height: number,
  interpolation: Interpolation,
  region: Region = wholeOf(picture),
): Picture {
  if (interpolation === 'nearest') return resizeNearest(picture, width, height, region);
  const { channels } = picture;
  const filter = filters[interpolation];
  const across = width === region.width ? undefined : taps(region.width, width, filter);
  const down = height === region.height ? undefined : taps(region.height, height, filter);

  let data: Uint8Array = new Uint8Array(width * region.height * channels);
  for (let y = 0; y < region.height; y++) {
    const from = ((region.top + y) * picture.width + region.left) * channels;
    const row = picture.data.subarray(from, from + region.width * channels);
    if (across) resampleRow(row, data, y * width * channels, width, channels, across);
    else data.set(row, y * width * channels);
  }
  if (down) data = resampleColumns(data, width * channels, height, down);
  return { width, height, channels, data };
}

/**
 * The size whose shorter side is `shortSide`, aspect ratio kept and the longer side cut to a whole number (torchvision's
 * `Resize(int)`).
 */
export function sizeOfShortSide(width: number, height: number, shortSide: number): [number, number] {
  return width <= height
    ? [shortSide, Math.trunc((shortSide * height) / width)]
    : [Math.trunc((shortSide * width) / height), shortSide];
}

/** Where each output pixel starts to read, how many pixels it reads, and their weights, `stride` to an output pixel. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  readonly stride: number;
}

const fractionBits = 22;
const half = 1 << (fractionBits - 1);

function taps(inputSize: number, outputSize: number, { support, weight }: Filter): Taps {
  const scale = inputSize / outputSize;
  const widening = Math.max(1, scale);
  // Pillow multiplies by the reciprocal, which rounds otherwise than a division.
  const narrowing = 1 / widening;
  const radius = support * widening;
  const stride = Math.ceil(radius) * 2 + 1;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const real = new Float64Array(stride);

  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - radius + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + radius + 0.5)) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      real[k] = weight((k + first - center + 0.5) * narrowing);
      sum += real[k];
    }
    for (let k = 0; k < count; k++) {
      const share = sum === 0 ? real[k] : real[k] / sum;
      weights[i * stride + k] = Math.trunc(share * (1 << fractionBits) + (share < 0 ? -0.5 : 0.5));
    }
    starts[i] = first;
    counts[i] = count;
  }
  return { starts, counts, weights, stride };
}

function resampleRow(
  row: Uint8Array,
  out: Uint8Array,
  outStart: number,
  width: number,
  channels: 1 | 3,
  { starts, counts, weights, stride }: Taps,
): void {
  for (let x = 0; x < width; x++) {
    const end = x * stride + counts[x];
    const to = outStart + x * channels;
    let at = starts[x] * channels;
    if (channels === 3) {
      let red = half;
      let green = half;
      let blue = half;
      for (let k = x * stride; k < end; k++, at += 3) {
        const weight = weights[k];
        red = (red + Math.imul(row[at], weight)) | 0;
        green = (green + Math.imul(row[at + 1], weight)) | 0;
        blue = (blue + Math.imul(row[at + 2], weight)) | 0;
      }
      out[to] = toByte(red);
      out[to + 1] = toByte(green);
      out[to + 2] = toByte(blue);
    } else {
      let grey = half;
      for (let k = x * stride; k < end; k++, at++) grey = (grey + Math.imul(row[at], weights[k])) | 0;
      out[to] = toByte(grey);
    }
  }
}

function resampleColumns(
  data: Uint8Array,
  rowBytes: number,
  height: number,
  { starts, counts, weights, stride }: Taps,
): Uint8Array {
  const out = new Uint8Array(height * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    for (let k = 0; k < counts[y]; k++) {
      const weight = weights[y * stride + k];
      const from = (starts[y] + k) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] += Math.imul(data[from + i], weight);
    }
    for (let i = 0; i < rowBytes; i++) out[y * rowBytes + i] = toByte(sums[i]);
  }
  return out;
}

function toByte(sum: number): number {
  const value = sum >> fractionBits;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
