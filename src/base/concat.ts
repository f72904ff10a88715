import { sizeOf } from './shape.ts';
import type { TensorData } from './tensor-data.ts';

type F32 = TensorData & { readonly dtype: 'F32' };

/** Tensors of one shape as one, side by side along `axis`: `torch.cat`. */
export function concat(tensors: readonly F32[], axis: number): F32 {
  const [{ shape }] = tensors;
  const [rows, run] = around(shape, axis);
  const data = new Float32Array(tensors.length * rows * run);
  tensors.forEach((tensor, part) => {
    for (let row = 0; row < rows; row++) {
      data.set(tensor.data.subarray(row * run, (row + 1) * run), (row * tensors.length + part) * run);
    }
  });
  return { dtype: 'F32', shape: resized(shape, axis, shape[axis] * tensors.length), data };
}

/** A tensor as `count` equal parts along `axis`, whose size `count` divides; copies. `concat` puts them together again. */
export function split({ shape, data }: F32, count: number, axis: number): F32[] {
  const [rows, row] = around(shape, axis);
  const run = row / count;
  const part = resized(shape, axis, shape[axis] / count);
  return Array.from({ length: count }, (_, index) => {
    const own = new Float32Array(rows * run);
    for (let r = 0; r < rows; r++) {
      const start = (r * count + index) * run;
      own.set(data.subarray(start, start + run), r * run);
    }
    return { dtype: 'F32', shape: part, data: own };
  });
}

/** How many runs of memory lie along the axes before `axis`, and the floats of each. */
function around(shape: readonly number[], axis: number): [rows: number, run: number] {
  return [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))];
}

function resized(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((old, index) => (index === axis ? size : old));
}
