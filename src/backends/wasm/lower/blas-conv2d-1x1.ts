import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Call, Lowering, PlacedBuffer } from '../call.ts';
import { packPanelRows, panelProduct } from './blas-panels.ts';
import { blasProduct, denseProduct, panelRoom, partsOf, type BlasUse } from './blas-product.ts';
import { bytesOf, pixelsOf } from './chunks.ts';
import { finishOf, noFinish } from './finish.ts';
import { subsampleBackwardCall, subsampleCall } from './layout.ts';
import { align64 } from './scratch.ts';
import { sumParts } from './weight-gradient.ts';

/** 1×1 without padding and groups: a matmul, of every stride-th pixel. */
export function isProduct(attrs: Conv2dAttrs, _x: Shape, [, , height, width]: Shape): boolean {
  return (
    height === 1 &&
    width === 1 &&
    attrs.groups === 1 &&
    attrs.padding.every((n) => n === 0) &&
    attrs.stride[0] === attrs.stride[1]
  );
}

/** y N·P·Q×K = x N·P·Q×C · wᵀ. */
export function conv2d1x1(use: BlasUse): Lowering<'conv2d'> {
  return {
    workspaceBytes: ({ attrs, inputs: [x, w], outputs: [y] }) =>
      align64(gatheredBytes(attrs, x.shape[1], y.shape)) + panelRoom(use, sidesOf(w.shape, y.shape)),
    calls: ({ attrs, inputs, outputs: [y], workspace, keep }) => {
      const [x, w, ...rest] = inputs;
      const { address, calls } = readPixels(attrs, x, y.shape, workspace);
      const sides = sidesOf(w.shape, y.shape);
      const product = { ...sides, a: address, c: y.address, ...finishOf(attrs, rest) };
      const room = workspace + align64(gatheredBytes(attrs, x.shape[1], y.shape));
      return [...calls, ...denseProduct(use, product, w, keep, panelRoom(use, sides) > 0 ? room : undefined)];
    },
  };
}

const backwards = ([k, n]: Shape, dy: Shape) => ({ m: pixelsOf(dy), n, k });
const sidesOf = ([n, k]: Shape, y: Shape) => ({ m: pixelsOf(y), n, k });

/** dx N·P·Q×C = dy N·P·Q×K · w, spread out to where the pixels were read, or added to what is there. */
export function conv2d1x1BackwardInput(use: BlasUse): Lowering<'conv2d_backward_input'> {
  const backwardProduct = (product: Parameters<typeof blasProduct>[0], panels: number): readonly Call[] => {
    if (panelRoom(use, product) === 0) return [blasProduct(product, partsOf(use))];
    const inPanels = { ...noFinish, ...product, panels };
    return [packPanelRows(product.b, panels, product), panelProduct(inPanels, use.unpacked, use.threads)];
  };
  return {
    workspaceBytes: ({ attrs, inputs: [dy, w], outputs: [dx] }) =>
      align64(gatheredBytes(attrs, dx.shape[1], dy.shape)) + panelRoom(use, backwards(w.shape, dy.shape)),
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
      const products = backwardProduct(
        { ...backwards(w.shape, dy.shape), ...sides },
        workspace + align64(gatheredBytes(attrs, dx.shape[1], dy.shape)),
      );
      return stride === 1 ? products : [...products, subsampleBackwardCall(gathered, dx, stride)];
    },
  };
}

/** dw K×C = dyᵀ · x, of parts of the sum if it is long. */
export function conv2d1x1BackwardWeight(use: BlasUse): Lowering<'conv2d_backward_weight'> {
  const parts = partsOf(use);
  return {
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
}

/**
 * Whether a weight gradient sums over so many places, for its size, that the sum is cut instead of the result: else every
 * thread would read all of x or of dy, which is then more than the library's work can hide.
 */
const isLongSum = ([k, c]: Shape, dy: Shape): boolean => pixelsOf(dy) >= LONG_SUM * Math.max(k, c);
const LONG_SUM = 64;

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
