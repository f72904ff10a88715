import type { Rng } from '../../../src/base/rng.ts';
import type { Pair } from '../../../src/graph/op-table.ts';
import type { Conv2dAttrs, Conv2dOps } from '../../../src/graph/ops/conv2d.ts';
import type { Shape } from '../../../src/graph/value.ts';
import {
  awayFrom,
  coin,
  normal,
  pick,
  tails,
  uniform,
  withNaN,
  type Case,
  type Cases,
  type CasesOf,
  type GradientCases,
  type Tail,
} from '../case.ts';

/** A convolution without its epilogue: what the forward op and both gradients share. */
interface Geometry extends Conv2dAttrs {
  readonly batch: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly size: Pair;
  readonly kernel: Pair;
  readonly note: string;
}

/** [filter, stride, channels, height, width, padding]. */
const largeDepthwise = [
  [5, 1, 24, 9, 14, 2],
  [5, 1, 52, 9, 14, 2],
  [5, 2, 36, 11, 15, 2],
  [5, 2, 40, 6, 5, 0],
  [7, 1, 44, 5, 8, 3],
  [7, 2, 56, 14, 14, 3],
  [7, 1, 96, 40, 40, 3],
  [7, 2, 36, 3, 2, 5],
  [9, 2, 48, 10, 9, 3],
] as const;

/** [filter, channels that come out, height, width, padding]. */
const stems = [
  [3, 24, 9, 12, 1],
  [3, 8, 40, 17, 0],
  [3, 40, 5, 34, 2],
  [5, 16, 3, 13, 4],
] as const;

const square = (n: number): Pair => [n, n];

/** Every kind of layer that the registry's networks hold, at small random sizes, and some that nobody would build. */
function geometries(rng: Rng): Geometry[] {
  const random = (partial: Partial<Geometry> & { note: string }): Geometry => ({
    batch: 1 + rng.int(3),
    channelsIn: 1 + rng.int(20),
    channelsOut: 1 + rng.int(20),
    size: [5 + rng.int(8), 5 + rng.int(8)],
    kernel: square(3),
    stride: square(1),
    padding: square(1),
    dilation: square(1),
    groups: 1,
    ...partial,
  });
  const pointwise = { kernel: square(1), padding: square(0) };

  const found = [
    random({ note: '1×1', ...pointwise, channelsIn: 64, channelsOut: 48 }),
    random({ note: '1×1, channel tails', ...pointwise, channelsIn: 37, channelsOut: 29 }),
    random({ note: '1×1, wide', ...pointwise, channelsIn: 300, channelsOut: 270, size: [3, 5], batch: 1 }),
    random({ note: '1×1, many pixels', ...pointwise, size: [33, 31], channelsIn: 9, channelsOut: 13 }),
    random({ note: '1×1, stride 2', ...pointwise, stride: square(2), channelsIn: 24, channelsOut: 20 }),
    random({ note: '1×1, one pixel, batch 1', ...pointwise, size: square(1), batch: 1, channelsIn: 70 }),
    random({ note: '1×1, padded', kernel: square(1), padding: square(1) }),
    random({
      note: 'stem 7×7',
      kernel: square(7),
      stride: square(2),
      padding: square(3),
      channelsIn: 3,
      size: [19, 22],
      channelsOut: 16,
    }),
    random({ note: 'stem 3×3', channelsIn: 3, channelsOut: 16 }),
    random({ note: 'one channel', channelsIn: 1, channelsOut: 1 }),
    random({ note: 'dense 3×3', channelsIn: 32, channelsOut: 32 }),
    random({
      note: 'dense 3×3, stride 2, channel tails',
      stride: square(2),
      channelsIn: 17,
      channelsOut: 19,
    }),
    random({ note: '1×7', kernel: [1, 7], padding: [0, 3] }),
    random({ note: '7×1', kernel: [7, 1], padding: [3, 0] }),
    random({ note: '3×1', kernel: [3, 1], padding: [1, 0] }),
    random({ note: '1×3, no padding', kernel: [1, 3], padding: square(0) }),
    random({ note: '2×2, stride 2', kernel: square(2), stride: square(2), padding: square(0) }),
    random({ note: '5×5, stride 3', kernel: square(5), stride: square(3), padding: square(2) }),
    random({ note: 'dilation 2', dilation: square(2), padding: square(2) }),
    random({ note: 'dilation 3×2, stride 2', dilation: [3, 2], stride: square(2), padding: [3, 2] }),
    random({ note: 'stride 1×2, padding 0×2', stride: [1, 2], padding: [0, 2] }),
    random({ note: 'more padding than picture', size: square(2), padding: square(3) }),
    random({ note: 'stride past the kernel', kernel: square(2), stride: square(3), padding: square(0) }),
  ];

  for (const groups of [2, 4, 8, 16, 32]) {
    for (const stride of [1, 2]) {
      const inPerGroup = pick(rng, groups > 8 ? [1, 2, 3, 4, 5] : [1, 2, 3, 4, 5, 8, 12, 14]);
      const outPerGroup = coin(rng) ? inPerGroup : 1 + rng.int(6);
      const channels = { channelsIn: groups * inPerGroup, channelsOut: groups * outPerGroup };
      found.push(random({ note: `${groups} groups`, groups, stride: square(stride), ...channels }));
    }
    const width = groups * 4;
    found.push(random({ note: `${groups}×4d`, groups, channelsIn: width, channelsOut: width }));
  }
  for (const perGroup of [8, 16, 64]) {
    const width = 2 * perGroup;
    found.push(random({ note: `2×${perGroup}d`, groups: 2, channelsIn: width, channelsOut: width }));
  }
  found.push(
    random({ note: '1×1, 4 groups', ...pointwise, groups: 4, channelsIn: 20, channelsOut: 12 }),
    random({
      note: '8 groups, dilation 2',
      groups: 8,
      channelsIn: 32,
      channelsOut: 32,
      dilation: square(2),
      padding: square(2),
    }),
    random({
      note: '4 groups, 5×3',
      groups: 4,
      channelsIn: 16,
      channelsOut: 8,
      kernel: [5, 3],
      padding: [2, 0],
    }),
  );
  // Winograd's algorithm: borders of every width, odd and even sizes, groups wider on one side than the other.
  for (const [inPerGroup, outPerGroup] of [
    [4, 4],
    [4, 12],
    [12, 8],
    [8, 20],
    [24, 40],
    [32, 32],
    [64, 48],
  ]) {
    const groups = pick(rng, [1, 3, 5]);
    found.push(
      random({
        note: `${groups} groups of ${inPerGroup} to ${outPerGroup}`,
        groups,
        channelsIn: groups * inPerGroup,
        channelsOut: groups * outPerGroup,
        padding: [rng.int(3), rng.int(3)],
        size: [3 + rng.int(24), 3 + rng.int(24)],
      }),
    );
  }
  // Wide groups are cut into blocks of 64 channels, whose products are added up.
  found.push(random({ note: 'dense 3×3, parts of blocks', channelsIn: 136, channelsOut: 72 }));
  // Depthwise tiles are seven columns wide, and the last of a row overlaps the one before.
  for (const width of [7, 12, 14, 19, 28]) {
    for (const stride of [1, 2]) {
      const channels = 4 * (1 + rng.int(8));
      const depthwise = {
        groups: channels,
        channelsIn: channels,
        channelsOut: channels,
        stride: square(stride),
      };
      const size: Pair = [1 + rng.int(9), width * stride - (stride === 2 && coin(rng) ? 1 : 0)];
      found.push(random({ note: `depthwise, ${width} columns, stride ${stride}`, ...depthwise, size }));
    }
  }
  // Tiles of seven columns on packed rows: narrower pictures, several chunks of rows, tails of blocks, and more or less padding.
  for (const [size, stride, channels, height, width, padding] of largeDepthwise) {
    found.push(
      random({
        note: `depthwise ${size}×${size}, ${width} columns, stride ${stride}, padding ${padding}`,
        groups: channels,
        channelsIn: channels,
        channelsOut: channels,
        batch: 2,
        size: [height, width],
        kernel: square(size),
        stride: square(stride),
        padding: square(padding),
      }),
    );
  }
  for (const channels of [3, 16, 35]) {
    const depthwise = { groups: channels, channelsIn: channels, channelsOut: channels };
    found.push(
      random({ note: 'depthwise', ...depthwise }),
      random({ note: 'depthwise, stride 2', ...depthwise, stride: square(2) }),
      random({ note: 'depthwise, multiplier 2', ...depthwise, channelsOut: 2 * channels }),
      random({
        note: 'depthwise 5×5, dilation 2',
        ...depthwise,
        kernel: square(5),
        padding: square(4),
        dilation: square(2),
      }),
    );
  }
  for (let i = 0; i < 12; i++) found.push(anything(rng));
  // The first layer for photos: tiles of six places or four, of which the last of a row overlaps, and of sixteen channels or eight.
  for (const [side, channelsOut, height, width, padding] of stems) {
    found.push(
      random({
        note: `stem ${side}×${side}, ${width} columns, padding ${padding}`,
        channelsIn: 3,
        channelsOut,
        size: [height, width],
        kernel: square(side),
        stride: square(2),
        padding: square(padding),
      }),
    );
  }
  return found;
}

/** Any legal convolution of small size. */
function anything(rng: Rng): Geometry {
  const groups = 1 + rng.int(6);
  const pair = (least: number, most: number): Pair => [
    least + rng.int(most - least + 1),
    least + rng.int(most - least + 1),
  ];
  const kernel = pair(1, 4);
  const dilation = pair(1, 3);
  const padding = pair(0, 3);
  const size: Pair = [
    Math.max(1, dilation[0] * (kernel[0] - 1) + 1 - 2 * padding[0]) + rng.int(8),
    Math.max(1, dilation[1] * (kernel[1] - 1) + 1 - 2 * padding[1]) + rng.int(8),
  ];
  return {
    batch: 1 + rng.int(4),
    channelsIn: groups * (1 + rng.int(9)),
    channelsOut: groups * (2 + rng.int(9)),
    size,
    kernel,
    stride: pair(1, 3),
    padding,
    dilation,
    groups,
    note: 'anything',
  };
}

function inputShape(g: Geometry): number[] {
  return [g.batch, g.channelsIn, ...g.size];
}

function weightShape(g: Geometry): number[] {
  return [g.channelsOut, g.channelsIn / g.groups, ...g.kernel];
}

function outputShape(g: Geometry): number[] {
  const along = (axis: 0 | 1) => {
    const extent = g.dilation[axis] * (g.kernel[axis] - 1) + 1;
    return Math.floor((g.size[axis] + 2 * g.padding[axis] - extent) / g.stride[axis]) + 1;
  };
  return [g.batch, g.channelsOut, along(0), along(1)];
}

function conv({ stride, padding, dilation, groups }: Geometry): Conv2dAttrs {
  return { stride, padding, dilation, groups };
}

export const conv2dCases: CasesOf<Conv2dOps> = {
  conv2d: (rng) => {
    const forward = (g: Geometry, bias: boolean, { activation, residual }: Tail): Case<'conv2d'> => ({
      attrs: { ...conv(g), bias, activation, residual },
      inputs: [
        normal(rng, inputShape(g)),
        normal(rng, weightShape(g)),
        ...(bias ? [normal(rng, [g.channelsOut])] : []),
        ...(residual ? [normal(rng, outputShape(g), 0, 3)] : []),
      ],
      note: g.note,
    });
    const all = geometries(rng);
    const epilogues = [
      all.find(({ note }) => note === '1×1, channel tails'),
      all.find(({ note }) => note === 'dense 3×3, stride 2, channel tails'),
      all.find(({ note }) => note === '32×4d'),
      all.find(({ note }) => note === '8 groups'),
      all.find(({ note }) => note === 'depthwise, multiplier 2'),
      all.find(({ note }) => note.endsWith('groups of 8 to 20')),
      all.find(({ note }) => note === 'depthwise, 12 columns, stride 1'),
      all.find(({ note }) => note === 'depthwise, 14 columns, stride 2'),
    ].filter((g) => g !== undefined);
    const plain = all.map((g) => forward(g, coin(rng), pick(rng, tails)));
    const poisoned = forward(all[0], true, { activation: 'relu', residual: false });
    const [x, ...rest] = poisoned.inputs;
    return [
      ...plain,
      ...epilogues.flatMap((g) =>
        [false, true].flatMap((bias) => tails.map((tail) => forward(g, bias, tail))),
      ),
      { ...poisoned, inputs: [withNaN(x), ...rest], note: 'NaN passes ReLU' },
    ];
  },

  conv2d_backward_input: (rng) => {
    const backward = (g: Geometry, residual: boolean): Case<'conv2d_backward_input'> => ({
      attrs: { ...conv(g), inputSize: g.size, residual },
      inputs: [
        normal(rng, outputShape(g)),
        normal(rng, weightShape(g)),
        ...(residual ? [normal(rng, inputShape(g), 0, 3)] : []),
      ],
      note: g.note,
    });
    const all = geometries(rng);
    return all.flatMap((g) => [backward(g, false), backward(g, true)]);
  },

  conv2d_backward_weight: (rng) =>
    geometries(rng).map((g) => ({
      attrs: { ...conv(g), kernelSize: g.kernel },
      inputs: [normal(rng, outputShape(g)), normal(rng, inputShape(g))],
      note: g.note,
    })),
};

export const conv2dGradientCases = {
  conv2d: (rng) => {
    const geometry = (
      input: Shape,
      weight: Shape,
      output: Shape,
      attrs: Conv2dAttrs,
    ): ReturnType<Cases<'conv2d'>> =>
      [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ].map(([bias, residual]) => ({
        attrs: { ...attrs, bias, residual, activation: 'none' },
        inputs: [
          normal(rng, input),
          normal(rng, weight),
          ...(bias ? [normal(rng, [weight[0]])] : []),
          ...(residual ? [normal(rng, output)] : []),
        ],
      }));
    const plain = { stride: square(1), padding: square(1), dilation: square(1), groups: 1 };
    const rectified = { ...plain, groups: 2, bias: true, residual: true, activation: 'relu' } as const;
    return [
      ...geometry([2, 2, 3, 4], [3, 2, 3, 3], [2, 3, 3, 4], plain),
      ...geometry([1, 4, 5, 4], [4, 2, 3, 3], [1, 4, 3, 2], { ...plain, stride: square(2), groups: 2 }),
      ...geometry([1, 3, 5, 5], [6, 1, 2, 3], [1, 6, 4, 2], {
        stride: [1, 2],
        padding: [0, 1],
        dilation: [1, 2],
        groups: 3,
      }),
      {
        attrs: rectified,
        inputs: [
          // 18 products below 0.01, a bias below 0.1 and a residual of at least 1 in size: no sign changes.
          uniform(rng, [1, 4, 3, 3], -0.1, 0.1),
          uniform(rng, [2, 2, 3, 3], -0.1, 0.1),
          uniform(rng, [2], -0.1, 0.1),
          awayFrom(rng, 0, [1, 2, 3, 3]),
        ],
        note: 'with ReLU',
      },
    ];
  },
} satisfies GradientCases<Conv2dOps>;
