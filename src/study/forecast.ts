import type { Backend } from '../backends/backend.ts';
import { networkOf, type Network } from '../train/network.ts';
import { buildArm, secondsOfRun, type PlannedArm, type StudyPlan } from './plan.ts';
import type { TimingSetting, TrainingSetting } from './study.ts';
import { timeArm } from './time-arm.ts';
import { roughState, withTrainingStep } from './training-step.ts';

/** About how many multiply–accumulates of a forward pass a measured step may take: a second or two on a laptop. */
const affordable = 4e9;

/** Seconds that a run of each arm is expected to take, by arm, from measured steps. */
export async function expectedSeconds(plan: StudyPlan, backend: Backend): Promise<Map<string, number>> {
  const { training, timing } = plan.setting;
  const expected = new Map<string, number>();
  for (const planned of plan.arms) {
    const seconds =
      training !== undefined
        ? await secondsOfTraining(plan, planned, training, backend)
        : timing !== undefined
          ? await secondsOfTiming(plan, planned, timing, backend)
          : 0;
    expected.set(planned.arm.id, seconds);
  }
  return expected;
}

/**
 * Times one training step on pictures of zeros, after one to warm up. Networks too large for that are timed on a part of
 * the batch. A forward pass is counted as a third of a step.
 */
async function secondsOfTraining(
  plan: StudyPlan,
  { arm, cost }: PlannedArm,
  { recipe }: TrainingSetting,
  backend: Backend,
): Promise<number> {
  const { workload } = plan;
  if (workload === undefined) return 0;
  const module = buildArm(arm, workload);
  const description = { name: arm.id, options: {} };
  const network: Network = {
    ...networkOf(module, workload.inputShape, description),
    stateDict: () => roughState(module),
  };
  const batchSize = Math.max(1, Math.min(recipe.batchSize, Math.floor(affordable / cost.macs)));
  return withTrainingStep(
    network,
    backend,
    { ...recipe, batchSize, accumulate: 1 },
    async ({ run, pictures }) => {
      await run();
      const train = (await run()) / 1000 / pictures;
      return secondsOfRun(plan, { train, forward: train / 3 });
    },
  );
}

/** Does a run with one round: what comes before the rounds is most of it, and the others are as long. */
async function secondsOfTiming(
  { setting }: StudyPlan,
  { arm }: PlannedArm,
  timing: TimingSetting,
  backend: Backend,
): Promise<number> {
  const { seconds, values } = await timeArm(
    { arm, seed: 0 },
    { ...timing, rounds: 1 },
    setting.arms,
    backend,
  );
  const round = ((values['forward'] ?? 0) + (values['step'] ?? 0)) / 1000;
  return seconds + (timing.rounds - 1) * round;
}
