import type { NodeOf } from '../../graph/node.ts';
import { slice, step, type Step } from './step.ts';

/** Arithmetic that broadcasts, sums, and what rearranges elements. */
export const tensorConverters = {
  div: ({ inputs }: NodeOf<'div'>): Step[] => [step('Div', [inputs[1]])],
  sub: ({ inputs }: NodeOf<'sub'>): Step[] => [step('Sub', [inputs[1]])],
  add_broadcast: ({ inputs }: NodeOf<'add_broadcast'>): Step[] => [step('Add', [inputs[1]])],
  add_scalar: ({ attrs: { value } }: NodeOf<'add_scalar'>): Step[] => [
    step('Add', [{ name: 'value', float: value }]),
  ],
  sum: ({ attrs: { dims } }: NodeOf<'sum'>): Step[] => [step('ReduceSum', [{ name: 'axes', ints: dims }])],
  // An attribute as of opset 17, where ReduceSum has an input.
  mean: ({ attrs: { dims } }: NodeOf<'mean'>): Step[] => [step('ReduceMean', [], { axes: { ints: dims } })],
  exp: () => [step('Exp', [])],
  log: () => [step('Log', [])],
  abs: () => [step('Abs', [])],
  sqrt: () => [step('Sqrt', [])],
  softplus: () => [step('Softplus', [])],
  expand,
  reshape,
  permute: ({ attrs: { dims } }: NodeOf<'permute'>): Step[] => [
    step('Transpose', [], { perm: { ints: dims } }),
  ],
  channel_shuffle: channelShuffle,
  split,
  softmax: ({ attrs: { dim } }: NodeOf<'softmax'>): Step[] => [step('Softmax', [], { axis: { int: dim } })],
  bmm: matrixProduct,
};

/** The batch is of any size, which a size of 1 leaves as it is. */
function expand({ attrs: { size, factor } }: NodeOf<'expand'>): Step[] {
  return [
    ...(factor === 1 ? [] : [step('Mul', [{ name: 'factor', float: factor }])]),
    step('Expand', [{ name: 'shape', ints: [1, ...size.slice(1)] }]),
  ];
}

/** 0 keeps a size, −1 is what remains: the batch is of any size. */
function reshape({ inputs: [x], attrs: { size } }: NodeOf<'reshape'>): Step[] {
  const [first, ...rest] = size;
  return [step('Reshape', [{ name: 'shape', ints: [first === x.shape[0] ? 0 : -1, ...rest] }])];
}

/** A list of channels, which, unlike the axis that PyTorch's exporter makes of groups, depends on no height and width. */
function channelShuffle({ inputs: [x], attrs: { groups } }: NodeOf<'channel_shuffle'>): Step[] {
  const perGroup = x.shape[1] / groups;
  const ints = Array.from({ length: x.shape[1] }, (_, c) => (c % groups) * perGroup + Math.floor(c / groups));
  return [step('Gather', [{ name: 'channels', ints }], { axis: { int: 1 } })];
}

/** Each part by itself. */
function split({ attrs: { lengths } }: NodeOf<'split'>, part: number): Step[] {
  const start = lengths.slice(0, part).reduce((sum, length) => sum + length, 0);
  return [slice([start], [start + lengths[part]], [1], [1])];
}

/** Only gradients have transposed factors. */
function matrixProduct({ inputs, attrs: { transposed }, scope }: NodeOf<'bmm'>): Step[] {
  if (transposed.includes(true)) {
    throw new Error(`${scope}: a network that is only used transposes by permute`);
  }
  return [step('MatMul', [inputs[1]])];
}
