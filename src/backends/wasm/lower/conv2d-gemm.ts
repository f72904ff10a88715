import type { Conv2dAttrs, Pair } from '../../../graph/op-table.ts';
import { isPointwise } from '../../../graph/ops/conv2d.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Lowering } from '../call.ts';
import { finishOf, noFinish } from './finish.ts';
import { packedBytes, productCalls } from './product.ts';
import type { Tap } from './product.ts';

/** Forward: the patches of x times the weights, gathered in place. */
export const conv2dGemm: Lowering<'conv2d'> = {
  workspaceBytes: ({ attrs, inputs }) => {
    const [outChannels, inner, ...kernel] = inputs[1].shape;
    return packedBytes(attrs.groups, kernel[0] * kernel[1], inner, outChannels / attrs.groups);
  },
  calls: ({ attrs, inputs, outputs, workspace, keep }) => {
    const [x, w, ...rest] = inputs;
    const [outChannels, inner, ...kernel] = w.shape;
    const columns = outChannels / attrs.groups;
    const flat = isPointwise(attrs, kernel);
    const source = flat ? flatten(x.shape) : x.shape;
    const out = flat ? flatten(outputs[0].shape) : outputs[0].shape;
    return productCalls({
      groups: attrs.groups,
      inner,
      columns,
      taps: allTaps(attrs, kernel, inner),
      weights: {
        buffer: w,
        innerStride: 1,
        columnStride: kernel[0] * kernel[1] * inner,
        groupStride: columns * kernel[0] * kernel[1] * inner,
      },
      source: {
        address: x.address,
        size: [source[2], source[3]],
        channels: source[1],
        step: attrs.stride,
      },
      out: {
        address: outputs[0].address,
        size: [out[2], out[3]],
        channels: out[1],
        start: [0, 0],
        step: [1, 1],
      },
      batch: out[0],
      grid: [out[2], out[3]],
      ...finishOf(attrs, rest),
      workspace,
      keep,
    });
  },
};

/**
 * Backward to the input. With a stride, input places fall into stride² classes by their distance to the grid of
 * outputs; each class meets its own taps only, and is a stride-1 product of its own. Together they use every tap once.
 */
export const conv2dBackwardInputGemm: Lowering<'conv2d_backward_input'> = {
  workspaceBytes: ({ attrs, inputs }) => {
    const [outChannels, inner, ...kernel] = inputs[1].shape;
    return packedBytes(attrs.groups, kernel[0] * kernel[1], outChannels / attrs.groups, inner);
  },
  calls: ({ attrs, inputs, outputs, workspace }) => {
    const [dy, w, residual] = inputs;
    const [outChannels, columns, ...kernel] = w.shape;
    const inner = outChannels / attrs.groups;
    const flat = isPointwise(attrs, kernel);
    const source = flat ? flatten(dy.shape) : dy.shape;
    const out = flat ? flatten(outputs[0].shape) : outputs[0].shape;
    let packed = workspace;
    return classes(attrs, kernel, columns, [out[2], out[3]]).flatMap(({ start, grid, taps }) => {
      const room = packed;
      packed += packedBytes(attrs.groups, taps.length, inner, columns);
      return productCalls({
        groups: attrs.groups,
        inner,
        columns,
        taps,
        weights: {
          buffer: w,
          innerStride: kernel[0] * kernel[1] * columns,
          columnStride: 1,
          groupStride: inner * kernel[0] * kernel[1] * columns,
        },
        source: { address: dy.address, size: [source[2], source[3]], channels: source[1], step: [1, 1] },
        out: {
          address: outputs[0].address,
          size: [out[2], out[3]],
          channels: out[1],
          start,
          step: attrs.stride,
        },
        batch: out[0],
        grid,
        ...noFinish,
        residual: attrs.residual ? residual.address : undefined,
        workspace: room,
      });
    });
  },
};

/** Every (r, s) with the place it reads for output (0, 0). */
export function allTaps(attrs: Conv2dAttrs, [height, width]: readonly number[], inner: number): Tap[] {
  const taps: Tap[] = [];
  for (let r = 0; r < height; r++) {
    for (let s = 0; s < width; s++) {
      const place: Pair = [
        r * attrs.dilation[0] - attrs.padding[0],
        s * attrs.dilation[1] - attrs.padding[1],
      ];
      taps.push({ place, weights: (r * width + s) * inner });
    }
  }
  return taps;
}

/** N×C×H×W → 1×C×1×(N·H·W): the same numbers, since channels are last. */
export function flatten([batch, channels, height, width]: Shape): Shape {
  return [1, channels, 1, batch * height * width];
}

interface PlaceClass {
  readonly start: Pair;
  readonly grid: Pair;
  readonly taps: readonly Tap[];
}

/** Classes of input places (h mod stride, w mod stride), with the output each of their taps reads, relative to (i, j). */
function classes(
  attrs: Conv2dAttrs,
  [height, width]: readonly number[],
  inner: number,
  size: Pair,
): PlaceClass[] {
  const rows = axisClasses(attrs, 0, height, size[0]);
  const columns = axisClasses(attrs, 1, width, size[1]);
  return rows.flatMap((row) =>
    columns.map((column) => ({
      start: [row.start, column.start],
      grid: [row.count, column.count],
      taps: row.taps.flatMap((r) =>
        column.taps.map((s) => ({
          place: [r.place, s.place] as const,
          weights: (r.index * width + s.index) * inner,
        })),
      ),
    })),
  );
}

function axisClasses({ stride, padding, dilation }: Conv2dAttrs, axis: 0 | 1, kernel: number, size: number) {
  const step = stride[axis];
  return Array.from({ length: Math.min(step, size) }, (_, start) => ({
    start,
    count: Math.ceil((size - start) / step),
    // Input h = start + i·step meets output p = (h + padding − r·dilation) / step, if that is whole.
    taps: Array.from({ length: kernel }, (_, index) => ({
      index,
      place: (start + padding[axis] - index * dilation[axis]) / step,
    })).filter(({ place }) => Number.isInteger(place)),
  }));
}
