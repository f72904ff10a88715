/**
 * Networks: build them of modules or take one of the registry, list them, compile them for a device and run them. This and all other
 * entrances but `cardinal-nn/node` run in Node and in browsers alike; each name has one entrance:
 *
 *     cardinal-nn            networks, and how they are compiled and run
 *     cardinal-nn/data       labelled pictures: sources, transforms, splits, batches
 *     cardinal-nn/train      training, evaluation, recipes and checkpoints
 *     cardinal-nn/weights    files of weights: safetensors, PyTorch, ONNX
 *     cardinal-nn/cost       parameters, MACs and bytes as each tool counts them; cardinality against width
 *     cardinal-nn/backends   devices: those that there are, their plans, and what it takes to write another
 *     cardinal-nn/node       all that needs Node: folders of pictures, runs, classifiers, threads, the hub
 */
import './base/globals.ts';

export { CardinalError, DeviceLostError, DisposedError, UsageError } from './base/errors.ts';
export { Rng } from './base/rng.ts';
export type { StateDict, TensorData } from './base/tensor-data.ts';
export type { Shape, Value } from './graph/value.ts';

export * as nn from './nn.ts';
// As PyTorch's programs have it beside `nn`.
export { F } from './nn/index.ts';
export * from './models/index.ts';

export { compile, CompiledModel, type CompileOptions, type Output } from './session/compile.ts';
export { computeGradients, type GradientOptions, type Gradients } from './session/gradients.ts';
export { writeWeights } from './session/state.ts';
