import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import type { Node, NodeOf } from '../../src/graph/node.ts';
import type { Pair } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/trace.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Module } from '../../src/nn/module.ts';
import { numbers } from './numbers.ts';
import type { Program } from './program.ts';
import type { NetworkWork } from './work.ts';

interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface Window {
  readonly x: Tensor;
  readonly strides: Pair;
  /** By dimension, channels last: before and after. */
  readonly pad: readonly Pair[];
}

type Activation = 'relu' | 'relu6' | 'linear';

interface Convolution extends Window {
  readonly filter: Tensor;
  readonly bias: Tensor;
  readonly activation: Activation;
}

/** What is used of TensorFlow.js. Its own types are not taken, so that all builds where bench/node_modules is not there. */
export interface TensorFlow {
  readonly version_core: string;
  setBackend(name: string): Promise<boolean>;
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  split(x: Tensor, parts: number, axis: number): Tensor[];
  concat(parts: readonly Tensor[], axis: number): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  maxPool(x: Tensor, size: Pair, strides: Pair, pad: Window['pad'], rounding: 'floor'): Tensor;
  mean(x: Tensor, axes: readonly number[]): Tensor;
  stridedSlice(
    x: Tensor,
    begin: readonly number[],
    end: readonly number[],
    strides: readonly number[],
  ): Tensor;
  pad(x: Tensor, paddings: readonly Pair[]): Tensor;
  readonly fused: {
    readonly conv2d: (options: Convolution) => Tensor;
    readonly depthwiseConv2d: (options: Convolution) => Tensor;
  };
  grad(f: (x: Tensor) => Tensor): (x: Tensor) => Tensor;
  conv2d(x: Tensor, filter: Tensor, strides: Pair, pad: 'same'): Tensor;
  sum(x: Tensor): Tensor;
  tidy(body: () => Tensor): Tensor;
  setWasmPaths(folder: string): void;
  getThreadsCount(): number;
}

/**
 * A forward pass in TensorFlow.js, in Node and in a page the same. It does the steps of our own plan, with batch norm folded into
 * the convolutions, and bias and ReLU done by them. It has depthwise but no grouped convolution: channels are split, convolved group
 * by group and joined again. A dense convolution whose filter is zero outside of the groups takes twice as long, summed over the
 * network.
 */
export async function tensorFlowProgram(tf: TensorFlow, work: NetworkWork): Promise<Program> {
  const model = createModel(work.model);
  const plan = planInference(trace(model, work.input, { training: false }), createReferenceBackend(), {
    name: work.model,
  });
  const weights = await weightsOf(tf, model, plan);
  const picture = tf.transpose(tf.tensor(numbers(sizeOf(work.input), 1, 1), work.input), [0, 2, 3, 1]);
  const infer = async (): Promise<Float32Array> => {
    const logits = tf.tidy(() => forward(tf, plan, picture, weights));
    const data = await logits.data();
    logits.dispose();
    return data;
  };
  const threads = tf.getThreadsCount();
  return {
    version: `${tf.version_core}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    run: async () => {
      await infer();
    },
    results: infer,
  };
}

type Weights = ReadonlyMap<string, readonly Tensor[]>;

/** What the forward pass reads of weights, as TensorFlow.js wants it, by the names of the plan: a filter for each group. */
async function weightsOf(tf: TensorFlow, model: Module, plan: Plan): Promise<Map<string, Tensor[]>> {
  const program = await createReferenceBackend().load(plan);
  const known = new Set(plan.buffers.map(({ name }) => name));
  for (const [key, { data }] of model.stateDict()) {
    if (data instanceof Float32Array && known.has(key)) program.write(key, data);
  }
  await program.run('prologue');
  const weights = new Map<string, Tensor[]>();
  for (const { node, inputs } of plan.steps.forward) {
    for (const { name, role, shape } of inputs) {
      if (role !== 'parameter' && role !== 'folded') continue;
      const tensor = tf.tensor(await program.read(name), shape);
      if (node.op === 'conv2d' && isDepthwise(node)) {
        // C×1×R×S → R×S×C×1.
        weights.set(name, [shape.length === 4 ? tf.transpose(tensor, [2, 3, 0, 1]) : tensor]);
      } else if (node.op === 'conv2d' && shape.length === 4) {
        // K×(C/G)×R×S → R×S×(C/G)×K.
        weights.set(name, tf.split(tf.transpose(tensor, [2, 3, 1, 0]), node.attrs.groups, 3));
      } else if (node.op === 'conv2d') {
        weights.set(name, tf.split(tensor, node.attrs.groups, 0));
      } else {
        weights.set(name, [shape.length === 2 ? tf.transpose(tensor, [1, 0]) : tensor]);
      }
    }
  }
  await program.dispose();
  return weights;
}

function isDepthwise({ attrs: { groups }, inputs: [x, w] }: NodeOf<'conv2d'>): boolean {
  return groups > 1 && groups === x.shape[1] && groups === w.shape[0];
}

/** Computes the steps of the plan, one after the other. */
function forward(tf: TensorFlow, plan: Plan, picture: Tensor, weights: Weights): Tensor {
  const values = new Map<number, Tensor>();
  const valueOf = ({ id, name }: Value): Tensor => found(name === 'input' ? picture : values.get(id), name);
  const weightOf = ({ name }: Value): readonly Tensor[] => found(weights.get(name), name);
  let last = picture;
  for (const { node } of plan.steps.forward) {
    last = compute(tf, node, valueOf, weightOf);
    values.set(node.outputs[0].id, last);
  }
  return last;
}

type ValueOf = (value: Value) => Tensor;
type WeightOf = (value: Value) => readonly Tensor[];

function compute(tf: TensorFlow, node: Node, valueOf: ValueOf, weightOf: WeightOf): Tensor {
  const x = valueOf(node.inputs[0]);
  switch (node.op) {
    case 'conv2d':
      return convolve(tf, node, x, valueOf, weightOf);
    case 'max_pool2d': {
      const { kernelSize, stride, padding } = node.attrs;
      return tf.maxPool(x, kernelSize, stride, padOf(padding), 'floor');
    }
    case 'avg_pool2d':
      // Over the whole picture, and so flat already.
      return tf.mean(x, [1, 2]);
    case 'flatten':
      return x;
    case 'linear':
      return tf.add(tf.matMul(x, weightOf(node.inputs[1])[0]), weightOf(node.inputs[2])[0]);
    case 'subsample':
      return tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, node.attrs.stride, node.attrs.stride, 1]);
    case 'pad_channels':
      return tf.pad(x, [
        [0, 0],
        [0, 0],
        [0, 0],
        [node.attrs.before, node.attrs.after],
      ]);
    default:
      throw new Error(`no ${node.op} here`);
  }
}

function convolve(
  tf: TensorFlow,
  { attrs, inputs }: NodeOf<'conv2d'>,
  x: Tensor,
  valueOf: ValueOf,
  weightOf: WeightOf,
): Tensor {
  const { groups, stride, padding, residual } = attrs;
  const activation = activationOf(attrs.activation);
  const filters = weightOf(inputs[1]);
  const biases = weightOf(inputs[2]);
  const window = {
    strides: stride,
    pad: padOf(padding),
    activation: residual ? 'linear' : activation,
  } as const;
  const convolution = filters.length === 1 && groups > 1 ? tf.fused.depthwiseConv2d : tf.fused.conv2d;
  const parts = filters.length === 1 ? [x] : tf.split(x, groups, 3);
  const outputs = filters.map((filter, group) =>
    convolution({ ...window, x: parts[group], filter, bias: biases[group] }),
  );
  const y = outputs.length === 1 ? outputs[0] : tf.concat(outputs, 3);
  if (!residual) return y;
  const sum = tf.add(y, valueOf(inputs[3]));
  return activation === 'relu' ? tf.relu(sum) : sum;
}

/** The networks that are compared have none but ReLU after a shortcut. */
function activationOf(activation: NodeOf<'conv2d'>['attrs']['activation']): Activation {
  if (activation === 'none') return 'linear';
  if (activation === 'relu' || activation === 'relu6') return activation;
  throw new Error(`no network that is compared has ${activation}`);
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`nothing has computed ${name}`);
  return value;
}

function padOf([height, width]: Pair): Window['pad'] {
  return [
    [0, 0],
    [height, height],
    [width, width],
    [0, 0],
  ];
}
