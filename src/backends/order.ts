import type { Shape } from '../graph/value.ts';

/**
 * N×C×H×W (or K×C×R×S) as PyTorch has it → N×H×W×C, a copy. Other ranks have one order only and are copied as they are.
 * `shape` is in PyTorch's order in both directions.
 */
export function toChannelsLast(data: Float32Array, shape: Shape): Float32Array {
  if (shape.length !== 4) return data.slice();
  const [batch, channels, height, width] = shape;
  return swapMiddleAndLast(data, batch, channels, height * width);
}

/** N×H×W×C → N×C×H×W, a copy: the inverse of `toChannelsLast`, with the same `shape` N×C×H×W. */
export function toContiguous(data: Float32Array, shape: Shape): Float32Array {
  if (shape.length !== 4) return data.slice();
  const [batch, channels, height, width] = shape;
  return swapMiddleAndLast(data, batch, height * width, channels);
}

/** Whether data of this shape lies the same in both orders, so that no conversion is needed. */
export function hasOneOrder(shape: Shape): boolean {
  const [, channels, height, width] = shape;
  return shape.length !== 4 || channels === 1 || height * width === 1;
}

/** outer×a×b → outer×b×a. */
function swapMiddleAndLast(data: Float32Array, outer: number, a: number, b: number): Float32Array {
  if (a === 1 || b === 1) return data.slice();
  const swapped = new Float32Array(data.length);
  for (let n = 0; n < outer; n++) {
    const start = n * a * b;
    for (let j = 0; j < b; j++) {
      for (let i = 0; i < a; i++) swapped[start + j * a + i] = data[start + i * b + j];
    }
  }
  return swapped;
}
