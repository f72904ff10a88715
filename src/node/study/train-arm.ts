import type { Backend } from '../../backends/backend.ts';
import { withEndings, type Endings } from '../../base/endings.ts';
import type { TrainEvent } from '../../train/events.ts';
import { evaluate, prepareInference } from '../../train/evaluate.ts';
import { networkOf } from '../../train/network.ts';
import type { Outcome } from '../../study/outcome.ts';
import type { PlannedRun } from '../../study/plan.ts';
import type { TrainingSetting } from '../../study/study.ts';
import { createLoader } from '../data/loader.ts';
import { evaluationBatch } from '../../train/loaders.ts';
import { trainOn } from '../training/train-on.ts';
import type { StudyPictures } from './pictures.ts';

export interface TrainArm {
  readonly run: PlannedRun;
  readonly setting: TrainingSetting;
  readonly pictures: StudyPictures;
  readonly backend: Backend;
  /** The run's folder. */
  readonly path: string;
  /** It has a checkpoint to continue from. */
  readonly resume: boolean;
  /** Take it from whoever has it. */
  readonly takeOver?: boolean | undefined;
  /** Whether its checkpoint is verified. Default: true. */
  readonly verify?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (event: TrainEvent) => void;
}

/**
 * Trains an arm and evaluates what it is in the end, not at its best: the test pictures have chosen nothing. Gives nothing if
 * it was interrupted; then there is a checkpoint.
 */
export async function trainArm({
  run,
  setting,
  pictures,
  backend,
  path,
  resume,
  takeOver,
  verify,
  signal,
  onEvent,
}: TrainArm): Promise<Outcome | undefined> {
  const { arm, seed } = run;
  if ('build' in arm.network) throw new Error(`${arm.id}: only networks of the registry can be trained`);
  let failed: string | undefined;
  let seconds = 0;
  const result = await trainOn(pictures.data, arm.network, {
    recipe: setting.recipe,
    seed,
    out: path,
    resume,
    // A study evaluates what its runs are in the end, on its own pictures, and has a page of its own.
    evaluate: false,
    report: false,
    takeOver: resume ? takeOver : undefined,
    verify,
    preprocessing: pictures.preprocessing,
    backend,
    signal,
    onEvent: (event) => {
      if (event.type === 'end') {
        seconds = event.seconds;
        if (event.reason === 'not-finite') failed = event.message ?? 'the loss is not finite';
      }
      onEvent(event);
    },
  });
  if (result.reason === 'interrupted') return undefined;
  const epochs = result.history.map(({ epoch, train, validation }) => ({
    epoch: epoch + 1,
    trainLoss: train.loss,
    trainError: errorOf(train.top1),
    ...(validation === undefined ? {} : { testLoss: validation.loss, testError: errorOf(validation.top1) }),
  }));
  if (failed !== undefined) return { arm: arm.id, seed, values: {}, epochs, seconds, failed };

  const before = performance.now();
  const { preprocessing, test } = pictures;
  const { channels, size } = preprocessing;
  const network = networkOf(result.model, [channels, ...size], { name: arm.id, options: {} });
  const batchSize = evaluationBatch(setting.recipe.batchSize, test);
  const evaluateEnd = async (endings: Endings): Promise<Outcome> => {
    const program = await prepareInference(network, backend, batchSize);
    endings.add(() => program.dispose());
    const loader = createLoader(test, { batchSize, preprocessing, training: false });
    endings.add(() => loader.dispose());
    const { top1, loss } = await evaluate(program, loader, { signal });
    const values = {
      testError: errorOf(top1),
      testLoss: loss,
      ...Object.fromEntries(epochs.slice(-1).map(({ trainError }) => ['trainError', trainError])),
    };
    return { arm: arm.id, seed, values, epochs, seconds: seconds + (performance.now() - before) / 1000 };
  };
  try {
    return await withEndings(evaluateEnd);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/** Percent wrong, to the hundredth of a point or better. */
function errorOf(top1: number): number {
  return Math.round(1e6 * (1 - top1)) / 1e4;
}
