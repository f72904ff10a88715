import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import * as kernels from '../args/blas.ts';
import type { NativeProducts } from '../blas.ts';
import { call, type Call, type Lowering, type LowerStep, type PlacedBuffer } from '../call.ts';
import {
  fitsPanels,
  isPackable,
  packPanels,
  panelBytes,
  panelProduct,
  rowsPerCall,
  type PanelProduct,
} from './blas-panels.ts';
import { sizeOf } from './chunks.ts';
import { finishOf, noFinish, type Finish } from './finish.ts';
import { subsampleCall, subsampleBackwardCall } from './layout.ts';
import { roundUp } from './product.ts';
import { align64 } from './scratch.ts';
import { sumParts } from './weight-gradient.ts';

/** Rows or columns below which a native product no longer runs at its speed. */
const LEAST_ROWS = 96;
const LEAST_COLUMNS = 64;

/** A row-major product: m×k times k×n, either side stored the other way round if `transpose` says so. */
interface Product extends Partial<Finish> {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Addresses. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * A product by the native library, cut into about `parts` blocks of the result; or of the sum, if `sumParts` says in how many:
 * m×n for each, one behind the other, to be added up. To a residual that lies at c the library adds.
 */
function blasProduct(product: Product, parts: number, sumParts = 1): Call {
  const { m, n, k, a, b, c, transposeA = false, transposeB = false } = product;
  const { bias, residual, activation = 'none' } = product;
  const accumulate = residual === c;
  const [rowsPerChunk, columnsPerChunk] = cut(m, n, Math.ceil(parts / sumParts));
  const columnChunks = Math.ceil(n / columnsPerChunk);
  const blockChunks = Math.ceil(m / rowsPerChunk) * columnChunks;
  const depthPerChunk = Math.ceil(k / sumParts);
  return call(kernels.blasProduct, Math.ceil(k / depthPerChunk) * blockChunks, {
    ...{ a, b, c, m, n, k, transposeA, transposeB },
    ...{ lda: transposeA ? m : k, ldb: transposeB ? k : n, ldc: n },
    ...{ rowsPerChunk, columnsPerChunk, columnChunks, depthPerChunk, blockChunks },
    ...{ bias, residual: accumulate ? undefined : residual, activation, accumulate },
  });
}

/** The longer side is cut first: each cut makes the library pack the other side once more. */
function cut(m: number, n: number, parts: number): readonly [rows: number, columns: number] {
  let [rowParts, columnParts] = [1, 1];
  while (rowParts * columnParts < parts) {
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
export function isProduct(attrs: Conv2dAttrs, _x: Shape, [, , height, width]: Shape): boolean {
  return (
    height === 1 &&
    width === 1 &&
    attrs.groups === 1 &&
    attrs.padding.every((n) => n === 0) &&
    attrs.stride[0] === attrs.stride[1]
  );
}

type Keep = LowerStep<'conv2d'>['keep'];

const pixelsOf = ([n, , h, w]: Shape): number => n * h * w;
const bytesOf = (shape: Shape): number => 4 * sizeOf(shape);

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

/** Bytes of a thread's scratch room that patches may take. */
const PATCH_BYTES = 256 * 1024;
/** Rows below which a block of patches is not worth a call. */
const LEAST_PATCHES = 64;

/** Whether a dense convolution's patches fit into the scratch room by the block: the 7×7 stem's do. */
export function isPatches(attrs: Conv2dAttrs, _x: Shape, [, inner, height, width]: Shape): boolean {
  const depth = inner * height * width;
  return (
    attrs.groups === 1 &&
    height * width > 1 &&
    attrs.dilation.every((n) => n === 1) &&
    4 * depth * LEAST_PATCHES <= PATCH_BYTES
  );
}

interface Patches {
  readonly attrs: Conv2dAttrs;
  readonly x: PlacedBuffer;
  /** N×K×P×Q and K×C×R×S. */
  readonly out: Shape;
  readonly kernel: Shape;
  /** The other side of the product, the result, and how many chunks are aimed at. */
  readonly weights: number;
  readonly result: number;
  readonly parts: number;
  readonly finish?: Finish;
  /** Rows of a product where `weights` are in panels. */
  readonly rowsPerCall?: number;
  /** The most rows that are gathered at a time, besides what the scratch room holds. */
  readonly mostRows?: number;
}

function patchesCall(
  kernel: typeof kernels.blasPatches,
  patches: Patches,
): Call {
  const { attrs, x, out, weights, result, parts, mostRows = Infinity } = patches;
  const { finish = noFinish, rowsPerCall = 0 } = patches;
  const [k, inner, height, width] = patches.kernel;
  const rows = pixelsOf(out);
  const depth = inner * height * width;
  const rowsPerBlock = Math.min(downTo8(PATCH_BYTES / (4 * depth)), mostRows);
  const rowsPerChunk = Math.ceil(rows / parts);
  return call(kernel, Math.ceil(rows / rowsPerChunk), {
    ...{ weights, out: result, rows, k, depth, rowsPerChunk, rowsPerBlock, rowsPerCall, ...finish },
    ...{ x: x.address, height: x.shape[2], width: x.shape[3], channels: x.shape[1] },
    ...{ outHeight: out[2], outWidth: out[3], filterRows: height, filterColumns: width },
    ...{ strideRows: attrs.stride[0], strideColumns: attrs.stride[1] },
    ...{ padRows: attrs.padding[0], padColumns: attrs.padding[1] },
  });
}

const downTo8 = (rows: number): number => Math.floor(rows / 8) * 8;

/** Parts of a sum over all places: each takes room for a whole weight. */
const GRADIENT_PARTS = 8;
/** Rows from which on a block of the sum is faster if the library packs none of it. */
const LEAST_UNPACKED = 24;

/**
 * Whether a weight gradient sums over so many places, for its size, that the sum is cut instead of the result: else every
 * thread would read all of x or of dy, which is then more than the library's work can hide.
 */
const isLongSum = ([k, c]: Shape, dy: Shape): boolean => pixelsOf(dy) >= LONG_SUM * Math.max(k, c);
const LONG_SUM = 64;

/** What a native library is to those who lower products to it. */
export interface BlasUse extends Pick<NativeProducts, 'unpacked'> {
  readonly threads: number;
}

/** What matrix products are where there is a native library. */
export function blasLowerings({ threads, unpacked }: BlasUse) {
  // As few blocks as keep every thread busy: for each the library packs its sides anew.
  const parts = 2 ** Math.ceil(Math.log2(threads));

  const likesPanels = ([k]: Shape): boolean => unpacked > 0 && isPackable(k);
  const sidesOf = ([n, ...patch]: Shape) => ({ n, k: sizeOf(patch) });

  /** rows × weightsᵀ: in panels that are packed once, if weights stay as they are and the library likes it so. */
  const dense = (product: Omit<PanelProduct, 'panels'>, weights: PlacedBuffer, keep: Keep): Call[] => {
    if (unpacked > 0 && fitsPanels(product)) {
      const panels = keep(weights, panelBytes(product));
      if (panels !== undefined) {
        const inPanels = { ...product, panels };
        return [packPanels(weights.address, inPanels, true), panelProduct(inPanels, unpacked, threads)];
      }
    }
    return [blasProduct({ ...product, b: weights.address, transposeB: true }, parts)];
  };

  /** y N·P·Q×K = x N·P·Q×C · wᵀ. */
  const conv2d: Lowering<'conv2d'> = {
    workspaceBytes: ({ attrs, inputs, outputs }) =>
      gatheredBytes(attrs, inputs[0].shape[1], outputs[0].shape),
    calls: ({ attrs, inputs, outputs: [y], workspace, keep }) => {
      const [x, w, ...rest] = inputs;
      const { address, calls } = readPixels(attrs, x, y.shape, workspace);
      const product = {
        ...{ m: pixelsOf(y.shape), n: w.shape[0], k: w.shape[1] },
        ...{ a: address, c: y.address, ...finishOf(attrs, rest) },
      };
      return [...calls, ...dense(product, w, keep)];
    },
  };

  /** dx N·P·Q×C = dy N·P·Q×K · w, spread out to where the pixels were read, or added to what is there. */
  const conv2dBackwardInput: Lowering<'conv2d_backward_input'> = {
    workspaceBytes: ({ attrs, inputs: [dy], outputs: [dx] }) => gatheredBytes(attrs, dx.shape[1], dy.shape),
    calls: ({ attrs, inputs: [dy, w, residual], outputs: [dx], workspace }) => {
      const [stride] = attrs.stride;
      const shape = [dx.shape[0], dx.shape[1], dy.shape[2], dy.shape[3]];
      const gathered = { shape, bytes: bytesOf(shape), address: workspace };
      const c = stride === 1 ? dx.address : workspace;
      const sides = {
        a: dy.address,
        b: w.address,
        c,
        residual: attrs.residual ? residual.address : undefined,
      };
      const product = blasProduct({ m: pixelsOf(dy.shape), n: w.shape[1], k: w.shape[0], ...sides }, parts);
      return stride === 1 ? [product] : [product, subsampleBackwardCall(gathered, dx, stride)];
    },
  };

  /** dw K×C = dyᵀ · x, of parts of the sum if it is long. */
  const conv2dBackwardWeight: Lowering<'conv2d_backward_weight'> = {
    workspaceBytes: ({ attrs, inputs: [dy, x], outputs: [dw] }) =>
      align64(gatheredBytes(attrs, x.shape[1], dy.shape)) +
      (isLongSum(dw.shape, dy.shape) ? parts * bytesOf(dw.shape) : 0),
    calls: ({ attrs, inputs: [dy, x], outputs: [dw], workspace }) => {
      const { address, calls } = readPixels(attrs, x, dy.shape, workspace);
      const product = {
        ...{ m: dw.shape[0], n: dw.shape[1], k: pixelsOf(dy.shape), transposeA: true },
        ...{ a: dy.address, b: address, c: dw.address },
      };
      if (!isLongSum(dw.shape, dy.shape)) return [...calls, blasProduct(product, parts)];
      const sums = workspace + align64(gatheredBytes(attrs, x.shape[1], dy.shape));
      const call = blasProduct({ ...product, c: sums }, parts, parts);
      return [...calls, call, sumParts(sums, dw.address, sizeOf(dw.shape), call.chunks)];
    },
  };

  /** The same of patches, gathered by the block, and in panels wherever the library likes it so. */
  const patches: Lowering<'conv2d'> = {
    workspaceBytes: ({ inputs: [, w] }) => (likesPanels(w.shape) ? panelBytes(sidesOf(w.shape)) : 0),
    calls: ({ attrs, inputs: [x, w, ...rest], outputs: [y], workspace, keep }) => {
      const product = {
        ...{ attrs, x, out: y.shape, kernel: w.shape },
        ...{ result: y.address, parts: 4 * parts, finish: finishOf(attrs, rest) },
      };
      if (!likesPanels(w.shape))
        return [patchesCall(kernels.blasPatches, { ...product, weights: w.address })];
      const sides = sidesOf(w.shape);
      const kept = keep(w, panelBytes(sides));
      const panels = kept ?? workspace;
      const inPanels = { ...product, weights: panels, rowsPerCall: rowsPerCall(sides.k, unpacked) };
      return [
        packPanels(w.address, { ...sides, panels }, kept !== undefined),
        patchesCall(kernels.blasPatches, inPanels),
      ];
    },
  };

  const patchesBackwardWeight: Lowering<'conv2d_backward_weight'> = {
    workspaceBytes: ({ outputs: [dw] }) => GRADIENT_PARTS * bytesOf(dw.shape),
    calls: ({ attrs, inputs: [dy, x], outputs: [dw], workspace }) => {
      const unpackedRows = downTo8(unpacked / sizeOf(dw.shape));
      const call = patchesCall(kernels.blasPatchesGradient, {
        ...{ attrs, x, out: dy.shape, kernel: dw.shape },
        ...{ weights: dy.address, result: workspace, parts: GRADIENT_PARTS },
        mostRows: unpackedRows < LEAST_UNPACKED ? Infinity : unpackedRows,
      });
      return [call, sumParts(workspace, dw.address, sizeOf(dw.shape), call.chunks)];
    },
  };

  const linear: Lowering<'linear'> = {
    calls: ({ attrs, inputs: [x, w, bias], outputs: [y], keep }) => {
      const product = {
        ...{ m: x.shape[0], n: w.shape[0], k: w.shape[1], a: x.address, c: y.address },
        ...{ ...noFinish, bias: attrs.bias ? bias.address : undefined },
      };
      return dense(product, w, keep);
    },
  };

  const linearBackwardInput: Lowering<'linear_backward_input'> = {
    calls: ({ inputs: [dy, w], outputs: [dx] }) => {
      const [m, k, n] = [dy.shape[0], w.shape[0], w.shape[1]];
      return [blasProduct({ m, n, k, a: dy.address, b: w.address, c: dx.address }, parts)];
    },
  };

  const linearBackwardWeight: Lowering<'linear_backward_weight'> = {
    calls: ({ inputs: [dy, x], outputs: [dw] }) => {
      const [m, n, k] = [dw.shape[0], dw.shape[1], dy.shape[0]];
      const sides = { a: dy.address, b: x.address, c: dw.address, transposeA: true };
      return [blasProduct({ m, n, k, ...sides }, parts)];
    },
  };

  return {
    conv2d,
    conv2dBackwardInput,
    conv2dBackwardWeight,
    patches,
    patchesBackwardWeight,
    linear: {
      linear,
      linear_backward_input: linearBackwardInput,
      linear_backward_weight: linearBackwardWeight,
    },
  };
}
