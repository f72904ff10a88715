import { VERSION } from '../../base/version.ts';
import { buildCheckpoint, parseCheckpoint, type Checkpoint } from '../../train/checkpoint.ts';
import type { FittedPlan } from '../../train/micro-batches.ts';
import type { Fact, TrainingRanks } from '../../train/ranks.ts';
import type { Backend } from '../../backends/backend.ts';
import type { RunOptions } from './options.ts';
import type { PreparedRun } from './prepared.ts';

/** The first rank's checkpoint, on all. */
export async function checkpointFromFirst(
  ranks: TrainingRanks,
  own: Checkpoint | undefined,
  source: string,
): Promise<Checkpoint> {
  const what = 'the checkpoint';
  const bytes = await ranks.broadcast(own && (await buildCheckpoint(own)), what);
  return own ?? (await parseCheckpoint(bytes.slice(), source));
}

/** What has to be the same for ranks to understand each other. */
export async function agreeOnProgram(ranks: TrainingRanks, options: RunOptions): Promise<void> {
  const { resume = false, evaluate = true, out } = options;
  await ranks.agree(
    { version: VERSION, resume, evaluate, folder: out !== undefined },
    'start all ranks with the same version and the same command',
  );
}

/** What has to be the same for them to come to the same weights: settings, pictures, and how both become steps. */
export async function agreeOnRun(
  ranks: TrainingRanks,
  { config, data, pictures }: PreparedRun,
  { microBatchSize }: FittedPlan,
  { name, numerics }: Backend,
): Promise<void> {
  const { weights, recipe, model, seed, valFraction, strict, preprocessing, freeze } = config;
  const { patience, checkpointEvery, checkpointActivations, syncBatchNorm } = config;
  const facts = {
    settings: {
      ...{ model, recipe, seed, valFraction, strict, preprocessing, freeze },
      ...{ patience, checkpointEvery, checkpointActivations, syncBatchNorm },
      weights: weights?.sha256,
    },
    pictures: {
      names: pictures.record.fingerprint,
      ...pictures.conditions.pictures,
      test: data.test?.length,
      classes: data.classes,
    },
    microBatchSize,
    backend: name,
    multiplyAdd: numerics?.multiplyAdd,
  };
  await ranks.agree(
    JSON.parse(JSON.stringify(facts)) as Record<string, Fact>, // It says what JSON can say.
    'start all ranks with the same settings, on the same pictures',
  );
}
