import type { Shape } from '../graph/value.ts';

/**
 * N×C×H×W (or K×C×R×S) as PyTorch has it → N×H×W×C, a copy, in `into` if given. Other ranks have one order only and are copied
 * as they are. `shape` is in PyTorch's order in both directions.
 */
export function toChannelsLast(
  data: Float32Array,
  shape: Shape,
  into: Float32Array = new Float32Array(data.length),
): Float32Array {
  const [batch, channels, height, width] = shape;
  return hasOneOrder(shape) ? copied(data, into) : swapped(data, batch, channels, height * width, into);
}

/** N×H×W×C → N×C×H×W, a copy: the inverse of `toChannelsLast`, with the same `shape` N×C×H×W. */
export function toContiguous(data: Float32Array, shape: Shape): Float32Array {
  const [batch, channels, height, width] = shape;
  const into = new Float32Array(data.length);
  return hasOneOrder(shape) ? copied(data, into) : swapped(data, batch, height * width, channels, into);
}

/** Whether data of this shape lies the same in both orders, so that no conversion is needed. */
function hasOneOrder(shape: Shape): boolean {
  const [, channels, height, width] = shape;
  return shape.length !== 4 || channels === 1 || height * width === 1;
}

function copied(data: Float32Array, into: Float32Array): Float32Array {
  into.set(data);
  return into;
}

/** outer×a×b → outer×b×a. */
function swapped(data: Float32Array, outer: number, a: number, b: number, into: Float32Array): Float32Array {
  const size = a * b;
  for (let start = 0; start < outer * size; start += size) {
    transpose(data.subarray(start, start + size), a, b, into.subarray(start, start + size));
  }
  return into;
}

/** a×b → b×a. The longer of the two is the inner loop: pictures have three channels, weights few places. */
function transpose(from: Float32Array, a: number, b: number, to: Float32Array): void {
  if (a > b) {
    for (let j = 0; j < b; j++) {
      let at = j;
      for (let i = j * a; i < (j + 1) * a; i++) {
        to[i] = from[at];
        at += b;
      }
    }
  } else {
    for (let i = 0; i < a; i++) {
      let at = i;
      for (let j = i * b; j < (i + 1) * b; j++) {
        to[at] = from[j];
        at += a;
      }
    }
  }
}
