import type { Picture } from '../dataset.ts';
import { turned } from './turn.ts';

/** How a picture is read between its pixels; Pillow's filters for transforms, which do not smooth where it shrinks. */
export type AffineInterpolation = 'nearest' | 'bilinear' | 'bicubic';

/** [a, b, c, d, e, f]: the output at (x, y) is the input at (a·x + b·y + c, d·x + e·y + f); the middle of a pixel lies at its half. */
export type Affine = readonly [number, number, number, number, number, number];

/**
 * Pillow's `Image.transform(size, AFFINE, matrix, interpolation, fillcolor=fill)`, byte for byte (src/libImaging/Geometry.c): the same
 * size, and `fill`, a byte for each channel, where the input has nothing. Sides must be below 32,768.
 */
export function transformAffine(
  picture: Picture,
  matrix: Affine,
  interpolation: AffineInterpolation,
  fill: readonly number[],
): Picture {
  const { width, height, channels } = picture;
  const data = new Uint8Array(picture.data.length);
  for (let c = 0; c < channels; c++) {
    const byte = fill[c];
    if (byte > 0) for (let at = c; at < data.length; at += channels) data[at] = byte;
  }
  const result: Picture = { width, height, channels, data };
  if (interpolation === 'nearest') {
    if (matrix[1] === 0 && matrix[3] === 0) scaled(picture, result, matrix);
    else fixedPoint(picture, result, matrix);
  } else between(picture, result, matrix, interpolation === 'bilinear' ? bilinear : bicubic);
  return result;
}

/** Pillow's `Image.rotate(degrees, interpolation, fillcolor=fill)`: counter-clockwise around the middle, in a picture of the same size. */
export function rotate(
  picture: Picture,
  degrees: number,
  interpolation: AffineInterpolation,
  fill: readonly number[],
): Picture {
  const { width, height } = picture;
  const angle = ((degrees % 360) + 360) % 360;
  // Quarters are exact, whatever the filter; EXIF's numbers for them.
  if (angle === 0) return picture;
  if (angle === 180) return turned(picture, 3);
  if (width === height && (angle === 90 || angle === 270)) return turned(picture, angle === 90 ? 8 : 6);
  const radians = -angle * (Math.PI / 180);
  const [cos, sin] = [toFifteenDigits(Math.cos(radians)), toFifteenDigits(Math.sin(radians))];
  const [x, y] = [width / 2, height / 2];
  const matrix: Affine = [cos, sin, cos * -x + sin * -y + x, -sin, cos, -sin * -x + cos * -y + y];
  return transformAffine(picture, matrix, interpolation, fill);
}

/** So Pillow rounds, and engines whose sines differ in the last bit agree. */
function toFifteenDigits(value: number): number {
  return Number(value.toFixed(15));
}

/** A position as a pixel's number; outside for all that is negative. */
function pixelAt(position: number): number {
  return position < 0 ? -1 : Math.trunc(position);
}

/** Without shear or rotation: positions are added up from pixel to pixel. */
function scaled({ width, height, channels, data }: Picture, to: Picture, [a, , c, , e, f]: Affine): void {
  const columns = new Int32Array(width);
  let x = c + a * 0.5;
  for (let column = 0; column < width; column++) {
    columns[column] = pixelAt(x);
    x += a;
  }
  let y = f + e * 0.5;
  for (let row = 0; row < height; row++) {
    const source = pixelAt(y);
    y += e;
    if (source < 0 || source >= height) continue;
    for (let column = 0; column < width; column++) {
      if (columns[column] < 0 || columns[column] >= width) continue;
      const at = (source * width + columns[column]) * channels;
      const place = (row * width + column) * channels;
      for (let k = 0; k < channels; k++) to.data[place + k] = data[at + k];
    }
  }
}

/** Positions in 16.16 fixed point. */
function fixedPoint({ width, height, channels, data }: Picture, to: Picture, matrix: Affine): void {
  const fixed = (value: number): number => Math.floor(value * 65536 + 0.5);
  const [a, b, c, d, e, f] = matrix;
  const [dx, dy] = [fixed(a), fixed(d)];
  let startX = fixed(c + a * 0.5 + b * 0.5);
  let startY = fixed(f + d * 0.5 + e * 0.5);
  for (let row = 0, place = 0; row < height; row++) {
    let [x, y] = [startX, startY];
    for (let column = 0; column < width; column++, place += channels) {
      const [px, py] = [x >> 16, y >> 16];
      if (px >= 0 && px < width && py >= 0 && py < height) {
        const at = (py * width + px) * channels;
        for (let k = 0; k < channels; k++) to.data[place + k] = data[at + k];
      }
      x += dx;
      y += dy;
    }
    startX += fixed(b);
    startY += fixed(e);
  }
}

/** A channel's value at (x, y), which lie between the middles of pixels as 0 to 1 behind the whole part. */
type Reader = (picture: Picture, channel: number, x: number, y: number) => number;

function between(from: Picture, to: Picture, [a, b, c, d, e, f]: Affine, read: Reader): void {
  const { width, height, channels } = from;
  for (let row = 0, place = 0; row < height; row++) {
    for (let column = 0; column < width; column++, place += channels) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (x < 0 || x >= width || y < 0 || y >= height) continue;
      for (let k = 0; k < channels; k++) to.data[place + k] = read(from, k, x - 0.5, y - 0.5);
    }
  }
}

/** Bytes are cut, not rounded. */
const bilinear: Reader = ({ width, height, channels, data }, channel, x, y) => {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const across = x - left;
  const [x0, x1] = [inside(left, width) * channels + channel, inside(left + 1, width) * channels + channel];
  const row = (n: number): number => {
    const at = n * width * channels;
    return data[at + x0] + (data[at + x1] - data[at + x0]) * across;
  };
  const upper = row(inside(top, height));
  const lower = top + 1 >= 0 && top + 1 < height ? row(top + 1) : upper;
  return Math.trunc(upper + (lower - upper) * (y - top));
};

const bicubic: Reader = ({ width, height, channels, data }, channel, x, y) => {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const across = x - left;
  const place = (n: number): number => inside(left + n, width) * channels + channel;
  const [x0, x1, x2, x3] = [place(-1), place(0), place(1), place(2)];
  const row = (n: number): number => {
    const at = n * width * channels;
    return cubic(data[at + x0], data[at + x1], data[at + x2], data[at + x3], across);
  };
  const first = row(inside(top - 1, height));
  const next = (n: number, before: number): number => (n >= 0 && n < height ? row(n) : before);
  const second = next(top, first);
  const third = next(top + 1, second);
  const fourth = next(top + 2, third);
  const value = cubic(first, second, third, fourth, y - top);
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
};

/** Through four values, a = −1: not the filter with which pictures are resized. */
function cubic(v1: number, v2: number, v3: number, v4: number, d: number): number {
  const p2 = -v1 + v3;
  const p3 = 2 * (v1 - v2) + v3 - v4;
  const p4 = -v1 + v2 - v3 + v4;
  return v2 + d * (p2 + d * (p3 + d * p4));
}

function inside(n: number, size: number): number {
  return n < 0 ? 0 : n < size ? n : size - 1;
}
