import type { Backend } from '../backends/backend.ts';
import { UsageError } from '../base/errors.ts';
import { frozenParameters } from '../nn/freeze.ts';
import type { Module } from '../nn/module.ts';
import type { Target } from '../plan/target.ts';
import type { TrainingState, Unfrozen } from './checkpoint.ts';
import type { UnfrozenEvent } from './events.ts';
import { elementsIn, fitPlan, type FitPlanOptions, type FittedPlan } from './micro-batches.ts';
import type { Network } from './network.ts';
import type { Progress } from './progress.ts';
import type { Recipe } from './recipe.ts';
import { TrainingProgram } from './training-program.ts';

/*
 * A run whose recipe has `unfreezeAt`: until that epoch what is frozen stays as it is, then all is trained. The two parts have a program
 * each, of the same micro-batches. In the engine of a page that trains, `no-unfreeze.ts` stands for this file.
 */

/** Throws a `UsageError` unless the epoch is one of the recipe's. */
export function checkUnfreezing({ unfreezeAt, epochs }: Recipe): void {
  if (unfreezeAt === undefined || unfreezeAt <= epochs) return;
  const expected = epochs < 2 ? 'a run of at least 2 epochs' : `an epoch from 2 to ${epochs}, the last`;
  const got = epochs < 2 ? `${epochs}` : `${unfreezeAt}`;
  throw new UsageError(`unfreezeAt: expected ${expected}, got ${got}: nothing would be unfrozen`);
}

/** What a recipe with `unfreezeAt` freezes until then: the backbone, unless the program froze something itself. */
export function frozenUntilUnfrozen({ unfreezeAt }: Recipe, network: Module): readonly string[] | undefined {
  return unfreezeAt === undefined || frozenParameters(network).length > 0 ? undefined : ['backbone'];
}

/**
 * The plan of the part in which the run is, and in the network what is frozen there. A run that begins is checked against the memory that
 * it takes when all is trained, and has the micro-batches of that part from the start. Throws as `fitPlan` does, and a `UsageError` if
 * nothing is frozen.
 */
export function fitPart(
  network: Network,
  target: Target,
  recipe: Recipe,
  options: FitPlanOptions,
  training: TrainingState | undefined,
): FittedPlan {
  const frozen = network.frozen();
  if (training?.unfrozen !== undefined) {
    network.freezeExactly([]);
    return fitPlan(network, target, recipe, { ...options, unfrozen: training.unfrozen });
  }
  checkUnfreezing(recipe);
  if (frozen.length === 0) {
    throw new UsageError('unfreezeAt: nothing is frozen that it could unfreeze: say what with freeze');
  }
  network.freezeExactly([]);
  let resumedSize: number;
  try {
    const unfrozen = { step: 1, parameters: frozen };
    resumedSize = fitPlan(network, target, recipe, { ...options, unfrozen }).microBatchSize;
  } finally {
    network.freezeExactly(frozen);
  }
  return fitPlan(network, target, recipe, { ...options, resumedSize });
}

/** A run, and what of it changes when it unfreezes. */
interface Unfreezing {
  readonly options: { readonly network: Network; readonly backend: Backend };
  readonly recipe: Recipe;
  readonly seed: number;
  readonly progress: Pick<Progress, 'epoch' | 'step'>;
  program: TrainingProgram;
  fitted: FittedPlan;
  frozen: readonly string[];
  unfrozen: Unfrozen | undefined;
}

/**
 * Goes on with everything trained: a program of all parameters takes the place of the run's, with its weights, optimiser state and
 * averages. The optimiser state of what was frozen begins as that of a new run, its averages at its weights.
 */
export async function unfreeze(run: Unfreezing, fit: FitPlanOptions): Promise<UnfrozenEvent> {
  const { recipe, seed, frozen } = run;
  const { network, backend } = run.options;
  const { epoch, step } = run.progress;
  const kept = await run.program.snapshot();
  // Both would take memory for two.
  await run.program.dispose();
  network.freezeExactly([]);
  const unfrozen = { step, parameters: frozen };
  const resumedSize = run.fitted.microBatchSize;
  const fitted = fitPlan(network, backend, recipe, { ...fit, resumedSize, unfrozen });
  const loaded = await backend.load(fitted.plan);
  try {
    const program = new TrainingProgram(loaded, recipe, fitted.microBatchSize, seed, kept.state);
    const fresh = await program.snapshot();
    const optimizer = new Map([...fresh.optimizer, ...kept.optimizer]);
    const ema = new Map([...fresh.ema, ...kept.ema]);
    await program.restore({ state: kept.state, optimizer, ema }, 'unfreezing');
    Object.assign(run, { program, fitted, frozen: [], unfrozen });
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
  return {
    ...{ type: 'unfrozen', epoch, step },
    trainableParameters: elementsIn(fitted.plan, 'gradient'),
    programBytes: fitted.plan.peakBytes,
  };
}
