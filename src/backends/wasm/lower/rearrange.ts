import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';
import { copy } from '../args/elementwise.ts';
import { channelShuffle as shuffleKernel, rearrange } from '../args/rearrange.ts';
import { call, type Call, type Lowering } from '../call.ts';
import { axesOf, sizeOfAxes, stepsOf, stepWords } from './axes.ts';
import { chunkFloats, rowsOf, rowsPerChunk } from './chunks.ts';
import { elementsOf } from './elementwise.ts';
import { copyChannels } from './layout.ts';

export const permute: Lowering<'permute'> = {
  calls({ attrs: { dims }, inputs: [x], outputs: [y] }) {
    const steps = stepsOf(x.shape);
    return [
      rearranged(
        x.address,
        y.address,
        y.shape,
        dims.map((dim) => steps[dim]),
      ),
    ];
  },
};

/** PyTorch's order of elements stays; where rank 4 lies channels-last, they are brought into it and out of it. */
export const reshape: Lowering<'reshape'> = {
  workspaceBytes: ({ inputs: [x], outputs: [y] }) =>
    !liesInOrder(x.shape) && !liesInOrder(y.shape) && !liesAlike(x.shape, y.shape) ? 4 * sizeOf(x.shape) : 0,
  calls({ inputs: [x], outputs: [y], workspace }) {
    if (liesAlike(x.shape, y.shape)) {
      const { chunks, elements } = elementsOf(x.shape);
      return x.address === y.address
        ? []
        : [call(copy, chunks, { source: x.address, target: y.address, ...elements })];
    }
    if (liesInOrder(y.shape)) return [outOfChannelsLast(x.address, y.address, x.shape)];
    if (liesInOrder(x.shape)) return [intoChannelsLast(x.address, y.address, y.shape)];
    return [
      outOfChannelsLast(x.address, workspace, x.shape),
      intoChannelsLast(workspace, y.address, y.shape),
    ];
  },
};

export const channelShuffle: Lowering<'channel_shuffle'> = {
  calls({ attrs: { groups }, inputs: [x], outputs: [y] }) {
    const { rows: pixels, channels } = rowsOf(x.shape);
    const pixelsPerChunk = rowsPerChunk(channels);
    return [
      call(shuffleKernel, Math.ceil(pixels / pixelsPerChunk), {
        ...{ x: x.address, y: y.address, pixels, pixelsPerChunk, groups, perGroup: channels / groups },
      }),
    ];
  },
};

export const split: Lowering<'split'> = {
  calls({ attrs: { lengths }, inputs: [x], outputs }) {
    let first = 0;
    return lengths.map((length, part) => {
      const copied = copyChannels(x, first, outputs[part], 0, length);
      first += length;
      return copied;
    });
  },
};

/** Whether a tensor lies in PyTorch's order. */
function liesInOrder(shape: Shape): boolean {
  return shape.length !== 4 || shape[1] === 1 || shape[2] * shape[3] === 1;
}

/** Whether the same elements, in PyTorch's order, lie in the same order. */
function liesAlike(a: Shape, b: Shape): boolean {
  if (liesInOrder(a) && liesInOrder(b)) return true;
  return a.length === 4 && b.length === 4 && a[1] === b[1] && a[2] * a[3] === b[2] * b[3];
}

function outOfChannelsLast(x: number, y: number, [n, c, h, w]: Shape): Call {
  return rearranged(x, y, [n, c, h * w], [c * h * w, 1, c]);
}

function intoChannelsLast(x: number, y: number, [n, c, h, w]: Shape): Call {
  return rearranged(x, y, [n, h * w, c], [c * h * w, 1, h * w]);
}

/** Calls that put elements in another order: y of a shape, whose axes have these steps in x. */
export function rearranged(x: number, y: number, shape: Shape, steps: readonly number[]): Call {
  const axes = axesOf(shape, steps);
  const {
    size: width,
    steps: [step],
  } = axes.at(-1) ?? { size: 1, steps: [1] };
  const over = axes.slice(0, -1);
  const rows = sizeOfAxes(over);
  const perPiece = Math.min(width, chunkFloats);
  const pieces = Math.ceil(width / perPiece);
  const perChunk = Math.min(rows, rowsPerChunk(perPiece));
  return call(rearrange, Math.ceil(rows / perChunk) * pieces, {
    ...{ x, y, rows, rowsPerChunk: perChunk, width, perPiece, pieces, step },
    ...stepWords(over),
  });
}
