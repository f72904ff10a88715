import type { Backend, Program } from '../backends/backend.ts';
import { fitPlan } from '../train/micro-batches.ts';
import type { Network } from '../train/network.ts';
import type { Recipe } from '../train/recipe.ts';

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
