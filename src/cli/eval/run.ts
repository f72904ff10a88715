import { withEnding } from '../../base/endings.ts';
import { requireAllRead } from '../../node/data/check.ts';
import { leftOutLine, leftOutOf } from '../../data/left-out.ts';
import { createLoader } from '../../node/data/loader.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { picturesToEvaluate } from '../../node/data/to-evaluate.ts';
import { openData } from '../../node/data/open.ts';
import { evaluate, prepareInference } from '../../train/evaluate.ts';
import { evaluationBatch } from '../../train/loaders.ts';
import { networkOf } from '../../train/network.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { givenLimits } from '../flags/pictures.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import { loadForUse, preprocessingFor } from '../loading.ts';
import { evaluationLines } from '../output/evaluation.ts';
import { print, printJson, tell } from '../output/print.ts';

/** Flags of `cardinal eval`. */
export interface EvalFlags extends EngineFlags, WeightsFlags, PictureLimitOptions {
  readonly split?: 'train' | 'val' | 'test' | 'all';
  readonly batchSize: number;
  readonly strict: boolean;
  readonly json: boolean;
}

/** `cardinal eval` */
export async function evaluateWeights(path: string, dataPath: string, flags: EvalFlags): Promise<void> {
  const trained = await loadForUse(path, flags);
  const { model, description, classes } = trained;
  const data = await openData(dataPath, { classes, valFraction: 0, ...givenLimits(flags) });
  const { dataset, split, from, on, note, warning } = await picturesToEvaluate(data, trained, flags.split);
  const leftOut = leftOutOf(data.leftOut, from);
  if (flags.strict) await requireAllRead(data, from, [dataset]);
  for (const line of [leftOutLine(leftOut), note]) if (line !== undefined) tell(line);
  if (warning !== undefined) tell(`warning: ${warning}`);
  const preprocessing = await preprocessingFor(trained, flags, data);
  const network = networkOf(model, [preprocessing.channels, ...preprocessing.size], description);
  const batchSize = evaluationBatch(flags.batchSize, dataset);
  const loader = createLoader(dataset, { batchSize, preprocessing, strict: flags.strict, training: false });
  const evaluation = await withEnding(
    () => loader.dispose(),
    () =>
      withBackend(flags, async (backend) =>
        evaluate(await prepareInference(network, backend, batchSize), loader),
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
  if (flags.json)
    printJson({
      ...{ weights: path, data: dataPath, split, on, leftOut, skipped: skipped.length },
      ...{ warning: warning ?? null, ...evaluation },
    });
  else print(evaluationLines(evaluation, on));
}
