/**
 * Cardinal's library: everything here runs in Node and in a browser. Files, decoding of pictures and threads are in
 * `cardinal-nn/node`.
 */
import './base/globals.ts';

export { CardinalError, DisposedError, UsageError } from './base/errors.ts';
export { Rng } from './base/rng.ts';
export type { StateDict, TensorData } from './base/tensor-data.ts';

export * as nn from './nn.ts';
export { F, init, Module, trace } from './nn/index.ts';
export * from './models/index.ts';

export * from './cost/index.ts';
export type { Graph } from './graph/graph.ts';
export type { Shape, Value } from './graph/value.ts';
export { planInference, type InferencePlanOptions, type Traced } from './plan/plan-inference.ts';
export { formatPlan, listPlan, type PlanListing } from './plan/listing.ts';
export type { Plan } from './plan/plan.ts';
export { planTraining, type TrainingPlanOptions } from './plan/plan-training.ts';

export type { Backend, Order, Program } from './backends/backend.ts';
export { createReferenceBackend } from './backends/reference/backend.ts';
export { createWasmBackend, type WasmBackendOptions } from './backends/wasm/backend.ts';
export { compile, CompiledModel, type CompileOptions, type Output } from './session/compile.ts';
export { computeGradients, type GradientOptions, type Gradients } from './session/gradients.ts';

export * from './data/index.ts';
export * from './train/index.ts';
export { readTensors, type TensorArchive, type TensorEntry, type Unreadable } from './weights/archive.ts';
export { bytesSource, type ByteSource } from './weights/byte-source.ts';
export { decodeTensor, encodeTensor, type Dtype, type RawTensor } from './weights/dtypes.ts';
export { fittingModels, type Fit } from './weights/fit.ts';
export { headOf, loadTensors, type LoadedWeights, type LoadWeightsOptions } from './weights/load.ts';
export { nameMaps, type NameMap } from './weights/name-maps.ts';
export { openArchive } from './weights/open.ts';
export { pytorchParts } from './weights/pytorch/write.ts';
export { unwrap, type Unwrapped } from './weights/unwrap.ts';
export { exportOnnx, type OnnxExportOptions } from './weights/onnx/export.ts';
export {
  entriesOf,
  entryOf,
  readSafetensors,
  safetensorsParts,
  writeSafetensors,
} from './weights/safetensors.ts';
