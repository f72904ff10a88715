import { CardinalError, UsageError } from '../../base/errors.ts';
import { requireSameTask } from '../../train/same-task.ts';
import { withEnding } from '../../base/endings.ts';
import { isAddress } from '../../data/address.ts';
import { requireAllRead } from '../../node/data/check.ts';
import { leftOutLine, leftOutOf } from '../../data/left-out.ts';
import { createLoader } from '../../node/data/loader.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { picturesToEvaluate } from '../../node/data/to-evaluate.ts';
import { openData } from '../../node/data/open.ts';
import { requireCalibratable } from '../../node/temperature.ts';
import { evaluate, prepareInference } from '../../train/evaluate.ts';
import { KeptLogits } from '../../train/kept-logits.ts';
import { evaluationBatch } from '../../train/loaders.ts';
import { networkOf } from '../../train/network.ts';
import { ReliabilityTally } from '../../train/reliability.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { givenLimits } from '../flags/pictures.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import { loadForUse, preprocessingFor, showDownloads } from '../loading.ts';
import { evaluationJson, evaluationLines } from '../output/evaluation.ts';
import { print, printJson, tell } from '../output/print.ts';
import { calibrationLines, reliabilityLine, reliabilityLines } from '../output/reliability.ts';
import { calibrated, checkJudging, writeMislabels, type JudgingFlags } from './judging.ts';

/** Flags of `cardinal eval`. */
export interface EvalFlags extends EngineFlags, WeightsFlags, PictureLimitOptions, JudgingFlags {
  readonly split?: 'train' | 'val' | 'test' | 'all';
  readonly labels?: string;
  readonly batchSize: number;
  readonly strict: boolean;
  readonly json: boolean;
}

/** `cardinal eval` */
export async function evaluateWeights(path: string, dataPath: string, flags: EvalFlags): Promise<void> {
  const trained = await loadForUse(path, flags);
  if (flags.calibrate === true) await requireCalibratable(path, flags.out);
  const { model, description, classes, task, temperature } = trained;
  const { labels } = flags;
  checkJudging(flags, task);
  const downloads = await showDownloads(isAddress(dataPath));
  const opening = { classes, labels, valFraction: 0, ...givenLimits(flags) };
  // Shards bring labels of their own.
  const wantsLabels = task !== undefined && labels === undefined;
  const askForLabels = `${path} predicts ${task ?? 'classes'}: give the pictures' own with --labels FILE`;
  const data = await openData(dataPath, opening, downloads.hub)
    .catch((error: unknown) => {
      if (!wantsLabels || !(error instanceof CardinalError)) throw error;
      throw new UsageError(`${askForLabels} (${error.message})`);
    })
    .finally(() => {
      downloads.stop();
    });
  if (wantsLabels && data.task !== task) throw new UsageError(askForLabels);
  requireSameTask(data, task, path);
  const { dataset, split, from, on, note, warning } = await picturesToEvaluate(
    data,
    trained,
    // Neither is to learn from test pictures: accuracy on them would not be that on new ones.
    flags.split ?? (flags.calibrate === true && flags.mislabels === undefined ? 'val' : undefined),
  );
  const leftOut = leftOutOf(data.leftOut, from);
  if (flags.strict) await requireAllRead(data, from, [dataset]);
  for (const line of [leftOutLine(leftOut), note]) if (line !== undefined) tell(line);
  if (warning !== undefined) tell(`warning: ${warning}`);
  if (warning !== undefined && (flags.calibrate === true || flags.mislabels !== undefined)) {
    tell(`warning: ${seenBefore}`);
  }
  const preprocessing = await preprocessingFor(trained, flags, data);
  const network = networkOf(model, [preprocessing.channels, ...preprocessing.size], description);
  const batchSize = evaluationBatch(flags.batchSize, dataset);
  const loader = createLoader(dataset, { batchSize, preprocessing, strict: flags.strict, training: false });
  const isKept = flags.calibrate === true || flags.mislabels !== undefined;
  const kept = isKept ? new KeptLogits(dataset.length, dataset.classes.length) : undefined;
  const tally = task === undefined ? new ReliabilityTally(temperature) : undefined;
  const evaluation = await withEnding(
    () => loader.dispose(),
    () =>
      withBackend(flags, async (backend) =>
        evaluate(await prepareInference(network, backend, batchSize), loader, {
          onLogits(logits, picture) {
            tally?.add(logits, picture.label);
            kept?.add(logits, picture);
          },
        }),
      ),
  );
  const { skipped } = loader;
  if (skipped.length > 0) {
    const [{ id, reason }] = skipped;
    const left = skipped.length === 1 ? '1 picture is' : `${skipped.length} pictures are`;
    tell(`warning: ${left} left out as unreadable, the first ${id}: ${reason}`);
  }
  if (!Number.isFinite(evaluation.loss)) {
    tell(
      `warning: ${path} gives NaN or infinity for some pictures: the weights are damaged, or their training diverged`,
    );
  }
  const reliability = tally?.reliability();
  const calibration = flags.calibrate === true && kept ? await calibrated(kept, path, flags.out) : undefined;
  const mislabels =
    flags.mislabels !== undefined && kept
      ? {
          file: flags.mislabels,
          found: await writeMislabels(kept, dataset, { file: flags.mislabels, temperature }),
        }
      : undefined;
  if (flags.json)
    printJson({
      ...{ weights: path, data: dataPath, split, on, leftOut, skipped: skipped.length },
      ...{ warning: warning ?? null, ...evaluationJson(evaluation), reliability, calibration, mislabels },
    });
  else {
    print(evaluationLines(evaluation, on));
    if (reliability !== undefined) print('', reliabilityLine(reliability));
    if (calibration !== undefined) print(calibrationLines(calibration));
    else if (reliability !== undefined) print(reliabilityLines(['', reliability]));
  }
}

const seenBefore =
  'pictures that weights were trained on are judged too kindly: the temperature is too low, and few of their wrong labels are found';
