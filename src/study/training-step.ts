import type { Backend, Program } from '../backends/backend.ts';
import { Rng } from '../base/rng.ts';
import { sizeOf } from '../base/shape.ts';
import type { StateDict, TensorData } from '../base/tensor-data.ts';
import type { Module } from '../nn/module.ts';
import { fitPlan } from '../train/micro-batches.ts';
import type { Network } from '../train/network.ts';
import type { Recipe } from '../train/recipe.ts';
import { median } from './statistics.ts';

/** A training program that only its time and its memory are asked of. */
export interface TimedStep {
  readonly program: Program;
  /** Pictures in one run of it. */
  readonly pictures: number;
  /** Forward, backward and update, once; gives milliseconds. */
  readonly run: () => Promise<number>;
}

/** Loads a network's training step with its weights, does `work` with it and frees it. */
export async function withTrainingStep<T>(
  network: Network,
  backend: Backend,
  recipe: Recipe,
  work: (step: TimedStep) => Promise<T>,
): Promise<T> {
  const { plan, microBatchSize } = fitPlan(network, backend, recipe);
  const program = await backend.load(plan);
  try {
    const known = new Set(plan.buffers.map(({ name }) => name));
    for (const [name, tensor] of network.stateDict()) {
      if (tensor.dtype === 'F32' && known.has(name)) program.write(name, tensor.data);
    }
    const run = async (): Promise<number> => {
      const before = performance.now();
      await program.run('gradient');
      await program.run('update');
      return performance.now() - before;
    };
    return await work({ program, pictures: microBatchSize, run });
  } finally {
    await program.dispose();
  }
}

/** Seconds of a training step on pictures of zeros, the median of five after one that warms up, micro-batches and all. */
export async function timeTrainingStep(network: Network, backend: Backend, recipe: Recipe): Promise<number> {
  return withTrainingStep(network, backend, recipe, async ({ pictures, run }) => {
    await run();
    const times: number[] = [];
    for (let round = 0; round < 5; round++) times.push(await run());
    return (median(times) / 1000) * (recipe.batchSize / pictures);
  });
}

/**
 * Numbers in the place of weights, about as large as weights are when a run begins. The time of a step does not depend on them, and to
 * draw the 44 million of ResNeXt-101 anew takes many times as long as the step.
 */
export function roughState(module: Module): StateDict {
  const rng = Rng.of(0, 'forecast');
  const some = Float32Array.from({ length: 4099 }, () => 0.05 * rng.normal());
  const tensors = [...module.stateSpecs()].flatMap(([name, { dtype, shape }]): [string, TensorData][] => {
    if (dtype !== 'F32') return [];
    const data = new Float32Array(sizeOf(shape));
    for (let at = 0; at < data.length; at += some.length) data.set(some.subarray(0, data.length - at), at);
    return [[name, { dtype, shape, data }]];
  });
  return new Map(tensors);
}
