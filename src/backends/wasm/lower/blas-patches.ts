import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';
import * as kernels from '../args/blas.ts';
import { call, packed, type Call, type Lowering, type PlacedBuffer } from '../call.ts';
import { isPackable, packPanels, panelBytes, rowsPerCall } from './blas-panels.ts';
import { partsOf, type BlasUse } from './blas-product.ts';
import { bytesOf, pixelsOf } from './chunks.ts';
import { finishOf, noFinish, type Finish } from './finish.ts';
import { sumParts } from './weight-gradient.ts';

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

/** What a call of either kernel of patches is made of. */
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

/** A call of `blas_patches`, or of `blas_patches_gradient`, which takes the same arguments. */
function patchesCall(kernel: typeof kernels.blasPatches, patches: Patches): Call {
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

const sidesOf = ([n, ...patch]: Shape) => ({ n, k: sizeOf(patch) });

/** y N·P·Q×K = patches · wᵀ, gathered by the block, and in panels wherever the library likes it so. */
export function patchesConv2d(use: BlasUse): Lowering<'conv2d'> {
  const { unpacked } = use;
  const parts = partsOf(use);
  const likesPanels = ([n]: Shape): boolean => unpacked > 0 && isPackable({ n });
  return {
    workspaceBytes: ({ inputs: [, w] }) => (likesPanels(w.shape) ? panelBytes(sidesOf(w.shape)) : 0),
    calls: ({ attrs, inputs: [x, w, ...rest], outputs: [y], workspace, keep }) => {
      const product = {
        ...{ attrs, x, out: y.shape, kernel: w.shape },
        ...{ result: y.address, parts: 4 * parts, finish: finishOf(attrs, rest) },
      };
      if (!likesPanels(w.shape))
        return [patchesCall(kernels.blasPatches, { ...product, weights: w.address })];
      const sides = sidesOf(w.shape);
      const panels = packed({ keep, workspace }, w, panelBytes(sides), (address) => [
        packPanels(w.address, address, sides),
      ]);
      const inPanels = { ...product, weights: panels.address, rowsPerCall: rowsPerCall(sides.k, unpacked) };
      return [...panels.calls, patchesCall(kernels.blasPatches, inPanels)];
    },
  };
}

/** Parts of a sum over all places: each takes room for a whole weight. */
const GRADIENT_PARTS = 8;
/** Rows from which on a block of the sum is faster if the library packs none of it. */
const LEAST_UNPACKED = 24;

/** dw K×(C·R·S) = dyᵀ · patches, gathered by the block, of parts of the sum. */
export function patchesConv2dBackwardWeight({ unpacked }: BlasUse): Lowering<'conv2d_backward_weight'> {
  return {
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
}
