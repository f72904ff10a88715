import type { Backend } from '../../backends/backend.ts';
import { CardinalError } from '../../base/errors.ts';
import type { Outcome } from '../../study/outcome.ts';
import type { PlannedRun, StudyPlan } from '../../study/plan.ts';
import { timeArm } from '../../study/time-arm.ts';
import type { TrainEvent } from '../../train/events.ts';
import type { StudyPictures } from './pictures.ts';
import type { StudyFolder } from './study-folder.ts';
import { trainArm } from './train-arm.ts';

export interface RunStudy {
  readonly plan: StudyPlan;
  readonly folder: StudyFolder;
  readonly backend: Backend;
  readonly signal: AbortSignal;
  /** Take runs from whoever has them. */
  readonly takeOver?: boolean | undefined;
  /** Whether checkpoints are verified when they are read. Default: true. */
  readonly verify?: boolean | undefined;
  /** Needed to train. */
  readonly pictures?: StudyPictures | undefined;
  readonly onStart?: ((run: PlannedRun) => void) | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** A run is over and recorded. */
  readonly onFinish?: ((outcome: Outcome) => void) | undefined;
}

/**
 * Does the runs of a study that its folder has no outcome of, one after the other, and gives the outcomes of all in the
 * order of the plan. A run that was cut short goes on from its checkpoint. Fewer outcomes than runs: it was interrupted.
 */
export async function runStudy(options: RunStudy): Promise<Outcome[]> {
  const { plan, folder, signal, onStart, onFinish } = options;
  const outcomes: Outcome[] = [];
  let interrupted = false;
  for (const run of plan.runs) {
    const known = await folder.outcome(run.id);
    if (known !== undefined) {
      outcomes.push(known);
      continue;
    }
    interrupted ||= signal.aborted;
    // What later seeds came to is still to be read.
    if (interrupted) continue;
    onStart?.(run);
    const outcome = await doRun(run, options);
    if (outcome === undefined) {
      interrupted = true;
      continue;
    }
    await folder.finish(run.id, outcome);
    onFinish?.(outcome);
    outcomes.push(outcome);
  }
  return outcomes;
}

async function doRun(
  run: PlannedRun,
  { plan, folder, backend, signal, pictures, takeOver, verify, onEvent }: RunStudy,
): Promise<Outcome | undefined> {
  const { training, timing, arms } = plan.setting;
  if (timing !== undefined) {
    try {
      return await timeArm(run, timing, arms, backend, signal);
    } catch (error) {
      if (signal.aborted && error === signal.reason) return undefined;
      throw error;
    }
  }
  if (training === undefined || pictures === undefined) {
    throw new CardinalError(`study ${plan.study.name}: training needs pictures`);
  }
  const { path, resume } = await folder.prepare(run.id);
  return trainArm({
    ...{ run, setting: training, pictures, backend, path, resume, takeOver, verify, signal },
    onEvent: onEvent ?? (() => undefined),
  });
}
