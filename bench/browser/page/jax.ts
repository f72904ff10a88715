import { sizeOf } from '../../../src/base/shape.ts';
import type { Node } from '../../../src/graph/node.ts';
import type { Pair } from '../../../src/graph/op-table.ts';
import type { Value } from '../../../src/graph/value.ts';
import { createModel } from '../../../src/models/index.ts';
import { trace, type Trace } from '../../../src/nn/trace.ts';
import { comparedParameters, lossAndDirections, oneHotTarget, sgdOfAll } from '../../compare/network.ts';
import { numbers } from '../../compare/numbers.ts';
import type { Program } from '../../compare/program.ts';
import type { NetworkWork } from '../../compare/work.ts';

/** An array of jax-js. Whoever gets it as an argument owns it and disposes of it: `ref` is one more. */
interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: readonly number[];
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  slice(...index: readonly (number | readonly [])[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Step = (
  parameters: readonly JaxArray[],
  momenta: readonly JaxArray[],
  picture: JaxArray,
  target: JaxArray,
) => [loss: JaxArray, parameters: JaxArray[], momenta: JaxArray[], compared: JaxArray[]];

type Loss = (parameters: readonly JaxArray[], picture: JaxArray, target: JaxArray) => JaxArray;

/** What is used of jax-js. Its own types are not taken, so that all builds where bench/node_modules is not there. */
interface Jax {
  init(device: 'wasm'): Promise<readonly string[]>;
  defaultDevice(device: 'wasm'): void;
  valueAndGrad(loss: Loss): (...given: Parameters<Loss>) => [loss: JaxArray, gradients: readonly JaxArray[]];
  readonly numpy: {
    array(values: Float32Array, options: { readonly shape: readonly number[] }): JaxArray;
    mean(x: JaxArray, axes?: readonly number[]): JaxArray;
    sum(x: JaxArray, axis: number): JaxArray;
    square(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    reciprocal(x: JaxArray): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(x: JaxArray): JaxArray;
    pad(x: JaxArray, widths: readonly Pair[]): JaxArray;
  };
  readonly nn: { relu(x: JaxArray): JaxArray; logSoftmax(x: JaxArray, axis: number): JaxArray };
  readonly lax: {
    convGeneralDilated(
      x: JaxArray,
      filter: JaxArray,
      strides: Pair,
      padding: readonly Pair[],
      options: { readonly featureGroupCount: number },
    ): JaxArray;
  };
}

/**
 * A training step in jax-js on its WebAssembly backend: forward pass as traced, its own gradients, SGD with momentum. Compiled as one
 * by its `jit` the step took no less time. Running statistics of batch norm are left out, which spares it a little.
 */
export async function jaxProgram(url: string, version: string, work: NetworkWork): Promise<Program> {
  if (work.kind !== 'training') throw new Error('jax-js only trains here');
  const jax = (await import(url)) as Jax;
  if (!(await jax.init('wasm')).includes('wasm')) throw new Error('its WebAssembly backend does not start');
  jax.defaultDevice('wasm');
  const model = createModel(work.model);
  const traced = trace(model, work.input, { training: true });
  const names = traced.graph.values.filter(({ role }) => role === 'parameter').map(({ name }) => name);
  const state = model.stateDict();
  const arrayOf = (values: Float32Array, shape: readonly number[]): JaxArray =>
    jax.numpy.array(new Float32Array(values), { shape });
  let parameters = names.map((name) => {
    const tensor = state.get(name);
    if (!(tensor?.data instanceof Float32Array)) throw new Error(`no weights ${name}`);
    return arrayOf(tensor.data, tensor.shape);
  });
  let momenta = parameters.map(({ shape }) => arrayOf(new Float32Array(sizeOf(shape)), shape));
  const step = stepOf(jax, traced, names);
  const { input } = work;
  const classes = traced.output.shape[1];
  const pictures = numbers(sizeOf(input), 1, 1);
  const targets = oneHotTarget(input[0], classes);
  const train = async (): Promise<Float32Array> => {
    const picture = arrayOf(pictures, input);
    const [loss, newParameters, newMomenta, compared] = step(
      parameters,
      momenta,
      picture,
      arrayOf(targets, [input[0], classes]),
    );
    [parameters, momenta] = [newParameters, newMomenta];
    const gradients: Float32Array[] = [];
    for (const gradient of compared) gradients.push(await gradient.data());
    return lossAndDirections(await loss.data(), gradients);
  };
  return {
    version,
    run: async () => {
      await train();
    },
    results: train,
  };
}

function stepOf(jax: Jax, traced: Trace, names: readonly string[]): Step {
  const compared = comparedParameters(traced).map((name) => names.indexOf(name));
  const { learningRate, momentum, weightDecay } = sgdOfAll;
  const lossOf: Loss = (parameters, picture, target) => {
    const values = new Map(names.map((name, index) => [name, parameters[index]]));
    const logits = forward(jax, traced, picture, values);
    const sums = jax.numpy.sum(jax.nn.logSoftmax(logits, 1).mul(target), 1);
    return jax.numpy.mean(sums).neg();
  };
  return (parameters, momenta, picture, target) => {
    const [loss, gradients] = jax.valueAndGrad(lossOf)(
      parameters.map(({ ref }) => ref),
      picture,
      target,
    );
    const kept = compared.map((index) => gradients[index].ref);
    const newMomenta = parameters.map((parameter, index) =>
      momenta[index].mul(momentum).add(gradients[index].add(parameter.ref.mul(weightDecay))),
    );
    const newParameters = parameters.map((parameter, index) =>
      parameter.sub(newMomenta[index].ref.mul(learningRate)),
    );
    return [loss, newParameters, newMomenta, kept];
  };
}

/** The traced forward pass; `parameters` by their names. */
function forward(
  jax: Jax,
  { graph, output }: Trace,
  picture: JaxArray,
  parameters: ReadonlyMap<string, JaxArray>,
): JaxArray {
  const uses = new Map<number, number>();
  for (const { inputs } of graph.nodes) for (const { id } of inputs) uses.set(id, (uses.get(id) ?? 0) + 1);
  const values = new Map<number, JaxArray>();
  const take = ({ id, name, role }: Value): JaxArray => {
    const value = role === 'computed' ? values.get(id) : role === 'input' ? picture : parameters.get(name);
    if (value === undefined) throw new Error(`nothing has computed ${name}`);
    const left = (uses.get(id) ?? 0) - 1;
    uses.set(id, left);
    return left > 0 ? value.ref : value;
  };
  for (const node of graph.nodes) values.set(node.outputs[0].id, compute(jax, node, take));
  return take(output);
}

function compute({ numpy, nn, lax }: Jax, node: Node, take: (value: Value) => JaxArray): JaxArray {
  const x = take(node.inputs[0]);
  switch (node.op) {
    case 'conv2d': {
      const { stride, padding, groups: featureGroupCount } = node.attrs;
      const pads = padding.map((size): Pair => [size, size]);
      return lax.convGeneralDilated(x, take(node.inputs[1]), stride, pads, { featureGroupCount });
    }
    case 'batch_norm': {
      const each = [1, x.shape[1], 1, 1];
      const centred = x.ref.sub(numpy.mean(x, [0, 2, 3]).reshape(each));
      const variance = numpy.mean(numpy.square(centred.ref), [0, 2, 3]);
      const scale = take(node.inputs[1]).mul(numpy.reciprocal(numpy.sqrt(variance.add(node.attrs.eps))));
      return centred.mul(scale.reshape(each)).add(take(node.inputs[2]).reshape(each));
    }
    case 'relu':
      return nn.relu(x);
    case 'add':
      return x.add(take(node.inputs[1]));
    case 'subsample': {
      const [n, c, h, w] = node.outputs[0].shape;
      const { stride } = node.attrs;
      return x.reshape([n, c, h, stride, w, stride]).slice([], [], [], 0, [], 0);
    }
    case 'pad_channels':
      return numpy.pad(x, [
        [0, 0],
        [node.attrs.before, node.attrs.after],
        [0, 0],
        [0, 0],
      ]);
    case 'avg_pool2d':
      // Over the whole picture, and so flat already.
      return numpy.mean(x, [2, 3]);
    case 'flatten':
      return x;
    case 'linear':
      return numpy.matmul(x, numpy.transpose(take(node.inputs[1]))).add(take(node.inputs[2]));
    default:
      throw new Error(`no ${node.op} here`);
  }
}
