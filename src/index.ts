/**
 * Cardinal's library. Everything here runs in Node and in a browser; what needs files, threads or decoding is in `cardinal-nn/node`.
 * One import brings all of it, and a bundler leaves out what a program does not use. Each concern has an entrance of its own as
 * well, for whoever wants to see what there is:
 *
 *     cardinal-nn/backends   devices, the plans that they run, and what it takes to write another
 *     cardinal-nn/cost       parameters, MACs and bytes as each tool counts them; cardinality against width
 *     cardinal-nn/data       labelled pictures: sources, transforms, splits, batches
 *     cardinal-nn/train      training, evaluation, recipes and checkpoints
 *     cardinal-nn/weights    files of weights: safetensors, PyTorch, ONNX
 */
export type {} from './base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export {
  CardinalError,
  DeviceLostError,
  DisposedError,
  QueueFullError,
  UnreadableError,
  UsageError,
} from './base/errors.ts';
export { Rng } from './base/rng.ts';
export type { StateDict, TensorData } from './base/tensor-data.ts';
export type { Shape, Value } from './graph/value.ts';

export * as nn from './nn.ts';
// Beside `nn`, as in PyTorch's programs.
export { F, init, Module, trace } from './nn/index.ts';
export * from './models/index.ts';

export { activations, type ActivationsOptions } from './session/activations.ts';
export { pathContributions, type PathContributionsOptions } from './session/paths/path-contributions.ts';
export type {
  BlockContributions,
  PathContribution,
  PathContributions,
  PathProgress,
} from './session/paths/contributions.ts';
export { compile, CompiledModel, type CompileOptions, type Output } from './session/compile.ts';
export { computeGradients, type GradientOptions, type Gradients } from './session/gradients.ts';
export { gradientNorms, type GradientNorms, type LayerGradient } from './session/gradient-norms.ts';
export { ownLoss, type OwnLoss } from './nn/own-loss.ts';
export { writeWeights } from './session/state.ts';

export * from './backends/index.ts';
export * from './cost/index.ts';
export * from './data/index.ts';
export * from './train/index.ts';
export * from './weights/index.ts';
