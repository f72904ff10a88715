import { UsageError } from '../base/errors.ts';
import type { PictureDataset } from '../data/source.ts';
import { createLoader } from '../node/data/loader.ts';
import { openData, type OpenData } from '../node/data/open.ts';
import { judgingBatch } from '../node/data/training.ts';
import { evaluate, prepareInference } from '../train/evaluate.ts';
import { networkOf } from '../train/network.ts';
import type { EvalFlags } from './commands/eval.ts';
import { withBackend } from './engine.ts';
import { judgementLines } from './judgement.ts';
import { loadForUse, preprocessingFor } from './loading.ts';
import { print, printJson, tell } from './print.ts';

/** `cardinal eval` */
export async function judge(path: string, dataPath: string, flags: EvalFlags): Promise<void> {
  const trained = await loadForUse(path, flags);
  const { model, description, classes } = trained;
  const data = await openData(dataPath, { classes, strict: flags.strict, valFraction: 0 });
  const { dataset, on } = chooseSplit(data, flags.split);
  const preprocessing = await preprocessingFor(trained, flags, data);
  const network = networkOf(model, [preprocessing.channels, ...preprocessing.size], description);
  const batchSize = judgingBatch(flags.batchSize, dataset);
  const loader = createLoader(dataset, { batchSize, preprocessing, strict: flags.strict, training: false });
  try {
    const evaluation = await withBackend(flags, async (backend) =>
      evaluate(await prepareInference(network, backend, batchSize), loader),
    );
    const { skipped } = loader;
    if (skipped.length > 0) {
      const [{ id, reason }] = skipped;
      const left = skipped.length === 1 ? '1 picture is' : `${skipped.length} pictures are`;
      tell(`warning: ${left} left out as unreadable, the first ${id}: ${reason}`);
    }
    if (!Number.isFinite(evaluation.loss)) {
      tell(
        `warning: ${path} gives no finite numbers for some pictures: the weights are damaged, or their training diverged`,
      );
    }
    if (flags.json) printJson({ weights: path, data: dataPath, skipped: skipped.length, ...evaluation });
    else print(...judgementLines(evaluation, on));
  } finally {
    await loader.dispose();
  }
}

/** The split that is asked for, or the one meant for judging. A source without splits is all to be judged. */
function chooseSplit(
  { train, val, test, path }: OpenData,
  asked: EvalFlags['split'],
): { readonly dataset: PictureDataset; readonly on: string } {
  const splits = { test, val, train };
  const name = asked ?? (test ? 'test' : val ? 'val' : 'train');
  const dataset = splits[name];
  if (dataset === undefined) {
    const present = Object.entries(splits).flatMap(([key, split]) => (split === undefined ? [] : [key]));
    throw new UsageError(`--split: ${path} has no ${name} pictures, it has ${present.join(' and ')}`);
  }
  const on = { test: 'test pictures', val: 'validation pictures', train: 'pictures' }[name];
  return { dataset, on };
}
