import type { NodeOf } from '../../graph/node.ts';
import { binomialFilter, blurPadding } from '../../graph/ops/blur-pool.ts';
import type { Value } from '../../graph/value.ts';
import { pad, step, type Branch, type Step } from './step.ts';

/** Norms of other statistics than a batch's, and what makes pictures of other sizes. */
export const normConverters = {
  layer_norm: layerNorm,
  group_norm: groupNorm,
  global_response_norm: globalResponseNorm,
  blur_pool2d: blurPool,
  interpolate,
  conv_transpose2d: convTranspose,
};

/** ONNX normalises the last dimensions: channels of pictures go there first. */
function layerNorm({ attrs: { eps }, inputs: [x, gamma, beta] }: NodeOf<'layer_norm'>): Step[] {
  const norm = step('LayerNormalization', [gamma, beta], { axis: { int: -1 }, epsilon: { float: eps } });
  if (x.shape.length !== 4) return [norm];
  return [
    step('Transpose', [], { perm: { ints: [0, 2, 3, 1] } }),
    norm,
    step('Transpose', [], { perm: { ints: [0, 3, 1, 2] } }),
  ];
}

/** As PyTorch exports it: each group is a channel of an instance norm, and γ and β come behind. */
function groupNorm({ attrs: { groups, eps }, inputs: [x, gamma, beta] }: NodeOf<'group_norm'>): Step[] {
  const numbers = (name: string, value: number) => ({
    name,
    dims: [groups],
    floats: new Array<number>(groups).fill(value),
  });
  return [
    step('Reshape', [{ name: 'groups', ints: [0, groups, -1] }]),
    step('InstanceNormalization', [numbers('scale', 1), numbers('shift', 0)], { epsilon: { float: eps } }),
    step('Reshape', [{ from: x, steps: [step('Shape')] }]),
    step('Mul', [perChannel(gamma, x)]),
    step('Add', [perChannel(beta, x)]),
  ];
}

function globalResponseNorm({
  attrs: { eps },
  inputs: [x, gamma, beta],
}: NodeOf<'global_response_norm'>): Step[] {
  const norms = step('ReduceL2', [], { axes: { ints: [2, 3] } });
  const divisor: Branch = {
    from: x,
    steps: [
      norms,
      step('ReduceMean', [], { axes: { ints: [1] } }),
      step('Add', [{ name: 'eps', float: eps }]),
    ],
  };
  const factor: Branch = {
    from: x,
    steps: [
      norms,
      step('Div', [divisor]),
      step('Mul', [perChannel(gamma, x)]),
      step('Add', [{ name: 'one', float: 1 }]),
    ],
  };
  return [step('Mul', [factor]), step('Add', [perChannel(beta, x)])];
}

/** A number for each channel, in a shape that is repeated over pixels. */
function perChannel(vector: Value, x: Value): Value | Branch {
  if (x.shape.length !== 4) return vector;
  return { from: vector, steps: [step('Unsqueeze', [{ name: 'axes', ints: [1, 2] }])] };
}

function blurPool({ attrs, inputs: [x] }: NodeOf<'blur_pool2d'>): Step[] {
  const { filterSize, stride } = attrs;
  const channels = x.shape[1];
  const filter = binomialFilter(filterSize);
  const plane = filter.flatMap((a) => filter.map((b) => a * b));
  const edges = [0, 0, blurPadding(attrs), blurPadding(attrs)];
  const dims = [channels, 1, filterSize, filterSize];
  const floats = Array.from({ length: channels }, () => plane).flat();
  return [
    pad(edges, edges, { mode: { text: 'reflect' } }),
    step('Conv', [{ name: 'filter', dims, floats }], {
      kernel_shape: { ints: [filterSize, filterSize] },
      strides: { ints: [stride, stride] },
      group: { int: channels },
    }),
  ];
}

/** Factors and not sizes are given: they decide where pixels lie, and the batch is of any size. */
function interpolate({ attrs, inputs: [x] }: NodeOf<'interpolate'>): Step[] {
  const { mode, alignCorners, outputSize, scale } = attrs;
  const nearest = mode === 'nearest';
  const place = nearest ? 'asymmetric' : alignCorners ? 'align_corners' : 'half_pixel';
  const factors = outputSize.map((size, axis) =>
    // Where corners are aligned the factor tells the size alone, which is rounded down.
    alignCorners
      ? (size + 0.5) / x.shape[2 + axis]
      : reaching(size, x.shape[2 + axis], 1 / scale[axis], nearest),
  );
  const scales = { name: 'scales', dims: [4], floats: [1, 1, ...factors] };
  return [
    step('Resize', [undefined, scales], {
      mode: { text: nearest ? 'nearest' : 'linear' },
      coordinate_transformation_mode: { text: place },
      ...(nearest ? { nearest_mode: { text: 'floor' } } : {}),
    }),
  ];
}

/**
 * The factor in single precision, or the next one that gives as many pixels as there are: products are rounded down, in single precision
 * when a network runs and in double when shapes are inferred. Where the nearest pixel is taken a larger factor than needed would move it.
 */
function reaching(size: number, of: number, factor: number, nearest: boolean): number {
  let found = Math.fround(factor);
  while ((nearest ? Math.fround(of * found) : of * found) < size) found = Math.fround(found * (1 + 2 ** -23));
  return found;
}

function convTranspose({ attrs, inputs: [, w] }: NodeOf<'conv_transpose2d'>): Step[] {
  const { stride, padding, dilation, groups, outputPadding } = attrs;
  return [
    step('ConvTranspose', [w], {
      kernel_shape: { ints: w.shape.slice(2) },
      strides: { ints: stride },
      pads: { ints: [...padding, ...padding] },
      dilations: { ints: dilation },
      output_padding: { ints: outputPadding },
      group: { int: groups },
    }),
  ];
}
