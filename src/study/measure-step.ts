import type { Backend } from '../backends/backend.ts';
import { fitPlan } from '../train/micro-batches.ts';
import { networkOf, type Network } from '../train/network.ts';
import type { Recipe } from '../train/recipe.ts';
import { buildArm, secondsOfRun, type StepTime, type StudyPlan } from './plan.ts';

/** About how many multiply–accumulates of a forward pass a measured step may take: a second or two on a laptop. */
const affordable = 1.5e10;

/**
 * Times one training step of a network on pictures of zeros, after one to warm up, and divides by its pictures. Networks
 * too large for that are timed on a part of the batch. A forward pass is counted as a third of a step.
 */
export async function measureStep(
  network: Network,
  backend: Backend,
  recipe: Recipe,
  macs: number,
): Promise<StepTime> {
  const batchSize = Math.max(2, Math.min(recipe.batchSize, Math.floor(affordable / macs)));
  const { plan, microBatchSize } = fitPlan(
    network,
    backend,
    { ...recipe, batchSize, accumulate: 1 },
    backend.maxBytes,
  );
  const known = new Set(plan.buffers.map(({ name }) => name));
  const program = await backend.load(plan);
  try {
    for (const [name, tensor] of network.stateDict()) {
      if (tensor.dtype === 'F32' && known.has(name)) program.write(name, tensor.data);
    }
    const step = async (): Promise<number> => {
      const before = performance.now();
      await program.run('gradient');
      await program.run('update');
      return (performance.now() - before) / 1000;
    };
    await step();
    const train = (await step()) / microBatchSize;
    return { train, forward: train / 3 };
  } finally {
    program.dispose();
  }
}

/** Seconds that a run of each arm is expected to take, by arm, from measured steps. */
export async function expectedSeconds(plan: StudyPlan, backend: Backend): Promise<Map<string, number>> {
  const { workload, setting } = plan;
  const expected = new Map<string, number>();
  for (const { arm, cost } of plan.arms) {
    if (workload === undefined || setting.training === undefined) continue;
    const network = networkOf(buildArm(arm, workload), workload.inputShape, { name: arm.id, options: {} });
    const step = await measureStep(network, backend, setting.training.recipe, cost.macs);
    expected.set(arm.id, secondsOfRun(plan, step));
  }
  return expected;
}
