import type { Conv2dAttrs, OpName } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Call, Lowering, PlacedBuffer } from '../call.ts';
import { subsampleCall, subsampleBackwardCall } from './layout.ts';
import { roundUp } from './product.ts';

/** Chunks aimed at: enough for 16 threads, few enough that each packs its share of the other side not too often. */
const CHUNKS = 16;
/** Rows or columns below which a native product no longer runs at its speed. */
const LEAST_ROWS = 96;
const LEAST_COLUMNS = 64;

/** A row-major product: m×k times k×n, either side stored the other way round if `transpose` says so. */
interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Addresses. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Addresses of what is added to every row, and to each element; 0 for none. */
  readonly bias?: number;
  readonly residual?: number;
  readonly relu?: boolean;
}

/** A product by the native library, cut into blocks of the result by its shape alone. */
function blasProduct(product: Product): Call {
  const { m, n, k, a, b, c, transposeA = false, transposeB = false } = product;
  const { bias = 0, residual = 0, relu = false } = product;
  const [rowsPerChunk, columnsPerChunk] = cut(m, n);
  const columnChunks = Math.ceil(n / columnsPerChunk);
  return {
    kernel: 'blas_product',
    chunks: Math.ceil(m / rowsPerChunk) * columnChunks,
    args: [
      ...[a, b, c, m, n, k],
      ...[transposeA ? m : k, transposeB ? k : n, n],
      ...[transposeA ? 1 : 0, transposeB ? 1 : 0],
      ...[rowsPerChunk, columnsPerChunk, columnChunks],
      ...[bias, residual, relu ? 1 : 0],
    ],
  };
}

/** The longer side is cut first: each cut makes the library pack the other side once more. */
function cut(m: number, n: number): readonly [rows: number, columns: number] {
  let [rowParts, columnParts] = [1, 1];
  while (rowParts * columnParts < CHUNKS) {
    const rows = m / rowParts;
    const columns = n / columnParts;
    const rowsCan = rows >= 2 * LEAST_ROWS;
    const columnsCan = columns >= 2 * LEAST_COLUMNS;
    if (rowsCan && (rows >= columns || !columnsCan)) rowParts *= 2;
    else if (columnsCan) columnParts *= 2;
    else break;
  }
  return [roundUp(Math.ceil(m / rowParts), 8), roundUp(Math.ceil(n / columnParts), 16)];
}

/** 1×1 without padding and groups: a matrix product, of every stride-th pixel. */
export function isProduct(attrs: Conv2dAttrs, [height, width]: readonly number[]): boolean {
  return (
    height === 1 &&
    width === 1 &&
    attrs.groups === 1 &&
    attrs.padding.every((n) => n === 0) &&
    attrs.stride[0] === attrs.stride[1]
  );
}

const pixelsOf = ([n, , h, w]: Shape): number => n * h * w;
const bytesOf = (shape: Shape): number => 4 * shape.reduce((product, size) => product * size, 1);

/** The pixels that a strided convolution reads: all of them where they lie, or some of them gathered in `room`. */
function readPixels(
  attrs: Conv2dAttrs,
  x: PlacedBuffer,
  out: Shape,
  room: number,
): { readonly address: number; readonly calls: readonly Call[] } {
  const [stride] = attrs.stride;
  if (stride === 1) return { address: x.address, calls: [] };
  const shape = [x.shape[0], x.shape[1], out[2], out[3]];
  const gathered = { shape, bytes: bytesOf(shape), address: room };
  return { address: room, calls: [subsampleCall(x, gathered, stride)] };
}

const gatheredBytes = (attrs: Conv2dAttrs, channels: number, out: Shape): number =>
  attrs.stride[0] === 1 ? 0 : 4 * channels * pixelsOf(out);

/** y N·P·Q×K = x N·P·Q×C · wᵀ. */
export const conv2dBlas: Lowering<'conv2d'> = {
  workspaceBytes: ({ attrs, inputs, outputs }) => gatheredBytes(attrs, inputs[0].shape[1], outputs[0].shape),
  calls: ({ attrs, inputs, outputs: [y], workspace }) => {
    const [x, w, ...rest] = inputs;
    const { address, calls } = readPixels(attrs, x, y.shape, workspace);
    const product = blasProduct({
      ...{ m: pixelsOf(y.shape), n: w.shape[0], k: w.shape[1] },
      ...{ a: address, b: w.address, c: y.address, transposeB: true, relu: attrs.relu },
      bias: attrs.bias ? rest[0].address : 0,
      residual: attrs.residual ? rest[attrs.bias ? 1 : 0].address : 0,
    });
    return [...calls, product];
  },
};

/** dx N·P·Q×C = dy N·P·Q×K · w, spread out to where the pixels were read. */
export const conv2dBackwardInputBlas: Lowering<'conv2d_backward_input'> = {
  workspaceBytes: ({ attrs, inputs: [dy], outputs: [dx] }) => gatheredBytes(attrs, dx.shape[1], dy.shape),
  calls: ({ attrs, inputs: [dy, w], outputs: [dx], workspace }) => {
    const [stride] = attrs.stride;
    const shape = [dx.shape[0], dx.shape[1], dy.shape[2], dy.shape[3]];
    const gathered = { shape, bytes: bytesOf(shape), address: workspace };
    const product = blasProduct({
      ...{ m: pixelsOf(dy.shape), n: w.shape[1], k: w.shape[0] },
      ...{ a: dy.address, b: w.address, c: stride === 1 ? dx.address : workspace },
    });
    return stride === 1 ? [product] : [product, subsampleBackwardCall(gathered, dx, stride)];
  },
};

/** dw K×C = dyᵀ · x. */
export const conv2dBackwardWeightBlas: Lowering<'conv2d_backward_weight'> = {
  workspaceBytes: ({ attrs, inputs: [dy, x] }) => gatheredBytes(attrs, x.shape[1], dy.shape),
  calls: ({ attrs, inputs: [dy, x], outputs: [dw], workspace }) => {
    const { address, calls } = readPixels(attrs, x, dy.shape, workspace);
    const product = blasProduct({
      ...{ m: dw.shape[0], n: dw.shape[1], k: pixelsOf(dy.shape) },
      ...{ a: dy.address, b: address, c: dw.address, transposeA: true },
    });
    return [...calls, product];
  },
};

const linearBlas: Lowering<'linear'> = {
  calls: ({ attrs, inputs: [x, w, bias], outputs: [y] }) => [
    blasProduct({
      ...{ m: x.shape[0], n: w.shape[0], k: w.shape[1] },
      ...{ a: x.address, b: w.address, c: y.address, transposeB: true },
      bias: attrs.bias ? bias.address : 0,
    }),
  ],
};

const linearBackwardInputBlas: Lowering<'linear_backward_input'> = {
  calls: ({ inputs: [dy, w], outputs: [dx] }) => [
    blasProduct({
      ...{ m: dy.shape[0], n: w.shape[1], k: w.shape[0] },
      ...{ a: dy.address, b: w.address, c: dx.address },
    }),
  ],
};

const linearBackwardWeightBlas: Lowering<'linear_backward_weight'> = {
  calls: ({ inputs: [dy, x], outputs: [dw] }) => [
    blasProduct({
      ...{ m: dw.shape[0], n: dw.shape[1], k: dy.shape[0] },
      ...{ a: dy.address, b: x.address, c: dw.address, transposeA: true },
    }),
  ],
};

/** What `linear` is where there is a native library. */
export const linearLoweringsBlas = {
  linear: linearBlas,
  linear_backward_input: linearBackwardInputBlas,
  linear_backward_weight: linearBackwardWeightBlas,
} satisfies { readonly [K in OpName]?: Lowering<K> };
