import { CardinalError } from '../../base/errors.ts';
import { usualSlope } from '../../graph/activation-rule.ts';
import { isActivation, type Activation, type ActivationName } from '../../graph/activation.ts';
import type { Node, NodeOf } from '../../graph/node.ts';
import type { OpName, PoolAttrs } from '../../graph/op-table.ts';
import { adaptiveWindows } from '../../graph/ops/adaptive-pool.ts';
import type { AllReduceOps } from '../../graph/ops/all-reduce.ts';
import type { ChannelSumOps } from '../../graph/ops/channel-sum.ts';
import type { DropPathOps } from '../../graph/ops/drop-path.ts';
import type { DropoutOps } from '../../graph/ops/dropout.ts';
import type { LossOps } from '../../graph/ops/losses.ts';
import type { MoreUpdateOps } from '../../graph/ops/more-updates.ts';
import type { SoftmaxCrossEntropyOps } from '../../graph/ops/softmax-cross-entropy.ts';
import type { SyncBatchNormOps } from '../../graph/ops/sync-batch-norm.ts';
import type { Top1HitsOps } from '../../graph/ops/top1-hits.ts';
import type { UpdateOps } from '../../graph/ops/update.ts';
import { formatShape, type Value } from '../../graph/value.ts';
import type { OnnxAttributes } from './model.ts';
import { normConverters } from './norm-steps.ts';
import { pad, slice, step, type Step } from './step.ts';
import { tensorConverters } from './tensor-steps.ts';

/** ONNX's Slice cuts an end beyond the axis back to it. */
const END_OF_AXIS = 2 ** 31 - 1;

/** Ops that a network has in training alone, or that only plans have. */
type TrainingOp =
  | Extract<OpName, `${string}_backward${string}`>
  | keyof (AllReduceOps &
      ChannelSumOps &
      DropoutOps &
      DropPathOps &
      LossOps &
      MoreUpdateOps &
      SoftmaxCrossEntropyOps &
      SyncBatchNormOps &
      Top1HitsOps &
      UpdateOps)
  | 'batch_norm'
  | 'batch_norm_recompute'
  | 'fold_batch_norm'
  | 'crop2d';

/** A new op is a type error here until it has an entry, or is listed as training's. */
const converters: {
  readonly [K in Exclude<OpName, TrainingOp | ActivationName>]: (
    node: NodeOf<K>,
    part: number,
  ) => readonly Step[];
} = {
  conv2d: convolution,
  batch_norm_inference: batchNorm,
  scale: ({ attrs }) => [step('Mul', [{ name: 'factor', float: attrs.factor }])],
  add: ({ attrs, inputs }) => [step('Add', [inputs[1]]), ...activationOf(attrs)],
  max_pool2d: (node) => [maxPool(node)],
  avg_pool2d: averagePool,
  adaptive_max_pool2d: adaptiveMaxPool,
  adaptive_avg_pool2d: adaptiveAveragePool,
  pad2d: ({ attrs: { padding } }) => {
    const [top, bottom, left, right] = padding;
    return [pad([0, 0, top, left], [0, 0, bottom, right])];
  },
  concat: ({ inputs }) => [step('Concat', inputs.slice(1), { axis: { int: 1 } })],
  slice_channels: ({ attrs: { start, length } }) => [slice([start], [start + length], [1], [1])],
  pad_channels: ({ attrs: { before, after } }) => [pad([0, before, 0, 0], [0, after, 0, 0])],
  subsample: ({ attrs: { stride } }) => [slice([0, 0], [END_OF_AXIS, END_OF_AXIS], [2, 3], [stride, stride])],
  mul: ({ attrs, inputs }) => [
    step('Mul', [inputs[1]]),
    ...(attrs.residual ? [step('Add', [inputs[2]])] : []),
    ...activationOf(attrs),
  ],
  ...normConverters,
  ...tensorConverters,
  flatten: () => [step('Flatten', [], { axis: { int: 1 } })],
  linear: ({ inputs }) => [step('Gemm', inputs.slice(1), { transB: { int: 1 } })],
};

/** What output `part` of a node of an inference trace is in ONNX, operators as of opset 17 (https://onnx.ai/onnx/operators/). */
export function stepsOf(node: Node, part = 0): readonly Step[] {
  const { op } = node;
  if (op === 'leaky_relu') return [leakyRelu(node.attrs.negativeSlope)];
  if (isActivation(op)) return activations[op];
  if (!isConverted(node)) throw new Error(`${node.scope}: ${op} has no place in a network that is only used`);
  return convert(node, part);
}

function isConverted(node: Node): node is Extract<Node, { readonly op: keyof typeof converters }> {
  return Object.hasOwn(converters, node.op);
}

function convert<K extends keyof typeof converters>(node: NodeOf<K>, part: number): readonly Step[] {
  return converters[node.op](node, part);
}

function convolution({ attrs, inputs }: NodeOf<'conv2d'>): Step[] {
  const { stride, padding, dilation, groups, bias, residual } = attrs;
  const [, w] = inputs;
  const conv = step('Conv', inputs.slice(1, bias ? 3 : 2), {
    kernel_shape: { ints: w.shape.slice(2) },
    strides: { ints: stride },
    pads: { ints: [...padding, ...padding] },
    dilations: { ints: dilation },
    group: { int: groups },
  });
  return [conv, ...(residual ? [step('Add', inputs.slice(-1))] : []), ...activationOf(attrs)];
}

function batchNorm({ attrs, inputs }: NodeOf<'batch_norm_inference'>): Step[] {
  const norm = step('BatchNormalization', inputs.slice(1, 5), { epsilon: { float: attrs.eps } });
  return [norm, ...(attrs.residual ? [step('Add', inputs.slice(5))] : []), ...activationOf(attrs)];
}

/** An activation by itself, or behind another operator. */
const activations: Readonly<Record<ActivationName, readonly Step[]>> = {
  relu: [step('Relu')],
  relu6: [
    step('Clip', [
      { name: 'min', float: 0 },
      { name: 'max', float: 6 },
    ]),
  ],
  hardsigmoid: [step('HardSigmoid', [], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })],
  sigmoid: [step('Sigmoid')],
  silu: [step('Sigmoid'), step('Mul', [{ back: 2 }])],
  hardswish: [step('HardSwish')],
  leaky_relu: [leakyRelu(usualSlope)],
  // Operators of their own come with opset 20.
  gelu: [
    step('Div', [{ name: 'root_two', float: Math.SQRT2 }]),
    step('Erf'),
    step('Add', [{ name: 'one', float: 1 }]),
    step('Mul', [{ back: 4 }]),
    step('Mul', [{ name: 'half', float: 0.5 }]),
  ],
  gelu_tanh: [
    step('Mul', [{ back: 1 }]),
    step('Mul', [{ name: 'cubic', float: 0.044715 }]),
    step('Add', [{ name: 'one', float: 1 }]),
    step('Mul', [{ back: 4 }]),
    step('Mul', [{ name: 'root_two_over_pi', float: Math.sqrt(2 / Math.PI) }]),
    step('Tanh'),
    step('Add', [{ name: 'one', float: 1 }]),
    step('Mul', [{ back: 8 }]),
    step('Mul', [{ name: 'half', float: 0.5 }]),
  ],
};

function leakyRelu(slope: number): Step {
  return step('LeakyRelu', [], { alpha: { float: slope } });
}

function activationOf({ activation }: { readonly activation: Activation }): readonly Step[] {
  return activation === 'none' ? [] : activations[activation];
}

function maxPool(node: NodeOf<'max_pool2d'>): Step {
  if (isGlobal(node)) return step('GlobalMaxPool');
  const { kernelSize, stride, padding } = node.attrs;
  return step('MaxPool', [], {
    kernel_shape: { ints: kernelSize },
    strides: { ints: stride },
    pads: { ints: [...padding, ...endPadding(node)] },
  });
}

/**
 * PyTorch counts padding in a mean, but never what a window of `ceilMode` covers beyond the padding. So with both, the
 * padding is made of real zeros first, and ONNX pads only what does not count.
 */
function averagePool(node: NodeOf<'avg_pool2d'>): Step[] {
  if (isGlobal(node)) return [step('GlobalAveragePool')];
  const { kernelSize, stride, padding, countIncludePad } = node.attrs;
  const end = endPadding(node);
  const beyond = end.map((length, axis) => length - padding[axis]);
  const zerosFirst = countIncludePad && beyond.some((length) => length > 0);
  const around = [0, 0, ...padding];
  const pool = step('AveragePool', [], {
    kernel_shape: { ints: kernelSize },
    strides: { ints: stride },
    pads: { ints: zerosFirst ? [0, 0, ...beyond] : [...padding, ...end] },
    count_include_pad: { int: Number(countIncludePad && !zerosFirst) },
  });
  return zerosFirst ? [pad(around, around), pool] : [pool];
}

function adaptiveMaxPool(node: NodeOf<'adaptive_max_pool2d'>): Step[] {
  const windows = regularWindows(node);
  if (windows !== undefined) return [step('MaxPool', [], windows)];
  throw new CardinalError(
    `${node.scope}: ONNX has no max pooling of ${formatShape(node.inputs[0].shape.slice(2))} to ${formatShape(node.attrs.outputSize)} over windows that differ in size; take an output size that divides the picture's, or an average`,
  );
}

/** Means over windows of any size are two matmuls: along the columns, and, turned, along the rows. */
function adaptiveAveragePool(node: NodeOf<'adaptive_avg_pool2d'>): Step[] {
  const windows = regularWindows(node);
  if (windows !== undefined) return [step('AveragePool', [], windows)];
  const turn = step('Transpose', [], { perm: { ints: [0, 1, 3, 2] } });
  const mean = (axis: 0 | 1): Step => {
    const [size, outputs] = [node.inputs[0].shape[2 + axis], node.attrs.outputSize[axis]];
    const floats = new Array<number>(size * outputs).fill(0);
    adaptiveWindows(size, outputs).forEach(({ begin, end }, i) => {
      for (let at = begin; at < end; at++) floats[at * outputs + i] = 1 / (end - begin);
    });
    return step('MatMul', [{ name: 'windows', dims: [size, outputs], floats }]);
  };
  return [mean(1), turn, mean(0), turn];
}

/** Kernel and stride, if adaptive windows are all of one size and lie in equal steps. */
function regularWindows({
  inputs,
  attrs: { outputSize },
}: NodeOf<'adaptive_max_pool2d'> | NodeOf<'adaptive_avg_pool2d'>): OnnxAttributes | undefined {
  const axes = [0, 1].map((axis) => {
    const windows = adaptiveWindows(inputs[0].shape[2 + axis], outputSize[axis]);
    const [first, second = first] = windows;
    // A single window has no step.
    const stride = Math.max(1, second.begin - first.begin);
    const regular = windows.every(({ begin, end }, i) => end - begin === first.end && begin === i * stride);
    return { kernel: first.end, stride, regular };
  });
  if (axes.some(({ regular }) => !regular)) return undefined;
  return {
    kernel_shape: { ints: axes.map(({ kernel }) => kernel) },
    strides: { ints: axes.map(({ stride }) => stride) },
  };
}

/** A window that is the whole picture: then no size has to be written down. */
function isGlobal({
  inputs,
  attrs,
}: {
  readonly inputs: readonly Value[];
  readonly attrs: PoolAttrs;
}): boolean {
  return [0, 1].every(
    (axis) => attrs.kernelSize[axis] === inputs[0].shape[2 + axis] && attrs.padding[axis] === 0,
  );
}

/**
 * The padding below and to the right that gives as many windows as the graph has. It spells `ceilMode` out, because
 * runtimes do not agree on when the last window is dropped.
 */
function endPadding({ inputs, outputs, attrs }: NodeOf<'max_pool2d'> | NodeOf<'avg_pool2d'>): number[] {
  return [0, 1].map((axis) => {
    const lastEnd = (outputs[0].shape[2 + axis] - 1) * attrs.stride[axis] + attrs.kernelSize[axis];
    return Math.max(attrs.padding[axis], lastEnd - attrs.padding[axis] - inputs[0].shape[2 + axis]);
  });
}
