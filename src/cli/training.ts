import { basename } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import type { BatchLoader } from '../data/dataset.ts';
import { defaultAugmentation, type Preprocessing } from '../data/preprocessing.ts';
import type { PictureDataset } from '../data/source.ts';
import { createModel } from '../models/registry.ts';
import { createLoader } from '../node/data/loader.ts';
import type { OpenData } from '../node/data/open.ts';
import type { RunFolder } from '../node/run-folder.ts';
import type { Checkpoint } from '../train/checkpoint.ts';
import { patience } from '../train/early-stopping.ts';
import { evaluate, prepareInference } from '../train/evaluate.ts';
import type { Evaluation } from '../train/metrics.ts';
import { networkOf, type Network } from '../train/network.ts';
import { fit, type TrainResult } from '../train/train.ts';
import type { SamplePrediction } from '../report/data.ts';
import type { ProgressView } from './progress.ts';
import type { RunConfig } from './run-config.ts';
import { samplePredictions } from './samples.ts';

export interface Training {
  readonly config: RunConfig;
  /** Where the run lies. A new run's folder is made when everything is ready to train, so a failed start leaves none. */
  readonly openFolder: () => Promise<RunFolder>;
  readonly data: OpenData;
  readonly backend: Backend;
  readonly view: ProgressView;
  readonly signal: AbortSignal;
  /** The checkpoint to continue from. */
  readonly resume?: Checkpoint | undefined;
}

/** The network of a run, with the weights its seed gives. */
export function buildNetwork({ model, seed, preprocessing }: RunConfig): Network {
  const { channels, size } = preprocessing;
  return networkOf(createModel(model.name, model.options).initialize(seed), [channels, ...size], model);
}

/** Trains as the configuration says; events are shown and put down in the run folder. */
export async function trainRun(network: Network, training: Training): Promise<TrainResult> {
  const { config, openFolder, data, backend, view, signal, resume } = training;
  const loaders = openLoaders(config, data);
  try {
    return await fit({
      network,
      backend,
      data: loaders,
      recipe: config.recipe,
      seed: config.seed,
      preprocessing: config.preprocessing,
      store: { save: async (kind, bytes) => (await openFolder()).save(kind, bytes) },
      checkpointEvery: config.checkpointEvery,
      stopWhen: config.patience === undefined ? undefined : patience(config.patience),
      resume,
      signal,
      onEvent: async (event) => {
        const folder = await openFolder();
        view.show(event);
        if (event.type !== 'checkpoint') await folder.appendMetrics(event);
      },
    });
  } finally {
    view.stop();
    await loaders.train.dispose();
    await loaders.validation?.dispose();
  }
}

function openLoaders(
  { recipe, preprocessing, seed, strict }: RunConfig,
  data: OpenData,
): { readonly train: BatchLoader; readonly validation: BatchLoader | undefined } {
  const train = trainingPictures(data);
  const classes = data.classes.length;
  const common = { preprocessing, strict, seed, classes };
  return {
    train: createLoader(train, {
      ...common,
      batchSize: recipe.batchSize,
      training: true,
      augmentation: recipe.augmentation ?? defaultAugmentation(data.kind),
      mix: recipe.mix,
    }),
    validation:
      data.val &&
      createLoader(data.val, {
        ...common,
        batchSize: judgingBatch(recipe.batchSize, data.val),
        training: false,
      }),
  };
}

/** The pictures to train on. Throws a `CardinalError` if the source has none. */
export function trainingPictures({ train, path }: OpenData): PictureDataset {
  if (train === undefined) {
    throw new CardinalError(`${path} has no training pictures: expected a train folder, or class folders`);
  }
  return train;
}

/** Throws a `UsageError` unless `--mean` and `--std` gave a number for each channel. */
export function requirePerChannel({ channels, mean, std }: Preprocessing): void {
  for (const [flag, list] of Object.entries({ mean, std })) {
    if (list.length !== channels) {
      throw new UsageError(`--${flag}: expected ${channels} numbers, one a channel, got ${list.length}`);
    }
  }
}

/** A batch larger than the data would only pad. */
export function judgingBatch(batchSize: number, { length }: PictureDataset): number {
  return Math.max(1, Math.min(batchSize, length));
}

export interface Judged {
  /** Which pictures: "test pictures" or "validation pictures". */
  readonly on: string;
  readonly evaluation: Evaluation;
  readonly samples: readonly SamplePrediction[];
}

/**
 * Judges a run's best weights on its test pictures, or on its validation pictures if it has no others, and takes some
 * samples. Nothing if it has neither.
 */
export async function judgeRun(network: Network, training: Training): Promise<Judged | undefined> {
  const { config, openFolder, data, backend, signal } = training;
  const dataset = data.test ?? data.val;
  if (dataset === undefined) return undefined;
  const best = await (await openFolder()).readCheckpoint('best');
  const { preprocessing, recipe, seed, strict } = config;
  const batchSize = judgingBatch(recipe.batchSize, dataset);
  const program = await prepareInference(network, backend, batchSize, best.state);
  const loader = createLoader(dataset, { batchSize, preprocessing, strict, training: false });
  try {
    const evaluation = await evaluate(program, loader, { signal });
    const samples = await samplePredictions(program, dataset, { preprocessing, batchSize, seed });
    return { on: data.test === undefined ? 'validation pictures' : 'test pictures', evaluation, samples };
  } finally {
    await loader.dispose();
    program.dispose();
  }
}

/** The name of a run's folder: its model and its data. */
export function runName(model: string, data: string): string {
  return `${model}-${basename(data)}`.replace(/[^\w.-]+/g, '_');
}
