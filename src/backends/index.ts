/**
 * Devices that run networks: the two that run everywhere (Node's, with threads, is `createBackend` of `cardinal-nn/node`), the plans
 * that they run, and the contract of `Backend` for whoever writes another.
 */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export type { DisposeOptions } from '../base/disposal.ts';
export type { Backend, KernelUse, MultiplyAdd, NativeLibrary, Numerics, Order, Program } from './backend.ts';
export type { Communicator, Reduction } from './communicator.ts';
export { createReferenceBackend } from './reference/backend.ts';
export { plainTarget } from './cpu.ts';
export { createWasmBackend, type WasmBackendOptions } from './wasm/backend.ts';
export { unsharedKernels } from './wasm/unshared-kernels.ts';

export type { Graph } from '../graph/graph.ts';
export type { Node, NodeOf } from '../graph/node.ts';
export type { OpName, OpTable } from '../graph/op-table.ts';
export type { Role } from '../graph/value.ts';
export { planInference, type InferencePlanOptions, type Traced } from '../plan/plan-inference.ts';
export { formatPlan, listPlan, type PlanListing } from '../plan/listing.ts';
export { planTimeline, type PlanTimeline, type TimedBuffer, type TimedStep } from '../plan/timeline.ts';
export { batchesOf, type BatchSize } from '../plan/batches.ts';
export type { BufferRole, ByEntry, Entry, Plan, PlanBuffer, Step } from '../plan/plan.ts';
export type { Target } from '../plan/target.ts';
export { planTraining, type TrainingPlanOptions } from '../plan/plan-training.ts';
export type { LossPlan } from '../plan/record-loss.ts';
