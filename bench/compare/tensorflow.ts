/**
 * TensorFlow.js on its WebAssembly backend as a contender, inference only: `node bench/compare/tensorflow.ts WORK OPTIONS`, both
 * JSON. It does the steps of our own plan, with batch norm folded into the convolutions, and bias and ReLU done by them. It
 * has no grouped convolution: channels are split, convolved group by group and joined again. A dense convolution whose filter is
 * zero outside of the groups takes twice as long, summed over the network.
 *
 * One thread, whatever OPTIONS say: its threaded build is for browsers (tensorflow/tfjs#3830).
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
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
import { numbers, serve } from './serve.ts';
import { workSchema } from './work.ts';

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

/** What is used of TensorFlow.js. Its own types are not taken, so that all builds where bench/node_modules is not there. */
interface TensorFlow {
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
  readonly fused: {
    conv2d(options: Window & { filter: Tensor; bias: Tensor; activation: 'relu' | 'linear' }): Tensor;
  };
  tidy(body: () => Tensor): Tensor;
  setWasmPaths(folder: string): void;
  getThreadsCount(): number;
}

const work = workSchema.parse(JSON.parse(process.argv[2]));
if (work.kind !== 'forward') throw new Error('TensorFlow.js only infers here');
const tf = await load();
const model = createModel(work.model);
const plan = planInference(trace(model, work.input, { training: false }), createReferenceBackend(), {
  name: work.model,
});
const weights = await weightsOf(model, plan);
const picture = nhwc(numbers(sizeOf(work.input), 1, 1), work.input);
const infer = async (): Promise<Float32Array> => {
  const logits = tf.tidy(forward);
  const data = await logits.data();
  logits.dispose();
  return data;
};
await serve({
  version: `${tf.version_core}, ${tf.getThreadsCount()} thread`,
  run: async () => {
    await infer();
  },
  results: infer,
});

async function load(): Promise<TensorFlow> {
  // CommonJS: the packages' modules for bundlers lack the file extensions that Node wants.
  const require = createRequire(import.meta.url);
  try {
    const core = require('@tensorflow/tfjs') as TensorFlow;
    const backend = require('@tensorflow/tfjs-backend-wasm') as TensorFlow;
    const tf = { ...core, ...backend };
    tf.setWasmPaths(join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')), '/'));
    if (!(await tf.setBackend('wasm'))) throw new Error('its WebAssembly backend does not start');
    return tf;
  } catch (error) {
    // Ending in good order says that it is not installed; what is broken must not pass for that.
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') process.exit();
    throw error;
  }
}

/** What the forward pass reads of weights, as TensorFlow.js wants it, by the names of the plan: a filter for each group. */
async function weightsOf(model: Module, plan: Plan): Promise<Map<string, Tensor[]>> {
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
      if (node.op === 'conv2d' && shape.length === 4) {
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

function forward(): Tensor {
  const values = new Map<number, Tensor>();
  const valueOf = ({ id, name }: Value): Tensor => {
    const value = name === 'input' ? picture : values.get(id);
    if (value === undefined) throw new Error(`nothing has computed ${name}`);
    return value;
  };
  let last = picture;
  for (const { node } of plan.steps.forward) {
    last = compute(node, valueOf);
    values.set(node.outputs[0].id, last);
  }
  return last;
}

function compute(node: Node, valueOf: (value: Value) => Tensor): Tensor {
  const x = valueOf(node.inputs[0]);
  switch (node.op) {
    case 'conv2d':
      return convolve(node, x, valueOf);
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
      return tf.add(tf.matMul(x, weight(node.inputs[1])[0]), weight(node.inputs[2])[0]);
    default:
      throw new Error(`no ${node.op} here`);
  }
}

function convolve({ attrs, inputs }: NodeOf<'conv2d'>, x: Tensor, valueOf: (value: Value) => Tensor): Tensor {
  const { groups, stride, padding, activation, residual } = attrs;
  // The networks that are compared have no other.
  const relu = activation === 'relu';
  const biases = weight(inputs[2]);
  const parts = groups === 1 ? [x] : tf.split(x, groups, 3);
  const outputs = weight(inputs[1]).map((filter, group) =>
    tf.fused.conv2d({
      ...{ x: parts[group], filter, strides: stride, pad: padOf(padding), bias: biases[group] },
      activation: relu && !residual ? 'relu' : 'linear',
    }),
  );
  const y = groups === 1 ? outputs[0] : tf.concat(outputs, 3);
  if (!residual) return y;
  const sum = tf.add(y, valueOf(inputs[3]));
  return relu ? tf.relu(sum) : sum;
}

function weight({ name }: Value): Tensor[] {
  const found = weights.get(name);
  if (found === undefined) throw new Error(`no weights ${name}`);
  return found;
}

function padOf([height, width]: Pair): Window['pad'] {
  return [
    [0, 0],
    [height, height],
    [width, width],
    [0, 0],
  ];
}

function nhwc(values: Float32Array, shape: readonly number[]): Tensor {
  return tf.transpose(tf.tensor(values, shape), [0, 2, 3, 1]);
}
