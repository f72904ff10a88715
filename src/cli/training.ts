import { basename } from 'node:path';
import type { Backend } from '../backends/backend.ts';
import { withEndings } from '../base/endings.ts';
import type { PictureRecord } from '../data/picture-record.ts';
import { createModel } from '../models/registry.ts';
import { freeze } from '../nn/freeze.ts';
import { createLoader } from '../node/data/loader.ts';
import { judgingBatch, openLoaders } from '../node/data/training.ts';
import type { OpenData } from '../node/data/open.ts';
import { recordOf } from '../node/data/record.ts';
import type { RunFolder } from '../node/run-folder.ts';
import type { WeightsFile } from '../node/weights-file.ts';
import type { Checkpoint } from '../train/checkpoint.ts';
import { patience } from '../train/early-stopping.ts';
import { evaluate, prepareInference } from '../train/evaluate.ts';
import type { Evaluation } from '../train/metrics.ts';
import { networkOf, type Network } from '../train/network.ts';
import { fit, type TrainResult } from '../train/train.ts';
import { loadTensors } from '../weights/load.ts';
import type { SamplePrediction } from '../report/data.ts';
import type { ProgressView } from './progress.ts';
import { tellLeft } from './loading.ts';
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
  /** As the run had it, if it is not said. */
  readonly checkpointActivations?: boolean | undefined;
  /** Which pictures the weights were trained on that the run begins with. */
  readonly earlier?: readonly PictureRecord[] | undefined;
  /** The checkpoint to continue from. */
  readonly resume?: Checkpoint | undefined;
  /** How long it took until then. */
  readonly secondsBefore?: number | undefined;
}

/** The network of a run, with the weights its seed gives; on top of them those of a file that it begins with. */
export async function buildNetwork(
  { model, seed, preprocessing, weights, freeze: patterns = [] }: RunConfig,
  begin?: WeightsFile,
  inChannels?: number,
): Promise<Network> {
  const { channels, size } = preprocessing;
  const built = createModel(model.name, model.options).initialize(seed);
  if (begin !== undefined) {
    const { tensors, name: source, unreadable } = begin;
    const { head, partial } = weights ?? {};
    tellLeft(await loadTensors(built, tensors, { source, head, partial, inChannels, unreadable }));
  }
  freeze(built, patterns);
  return networkOf(built, [channels, ...size], model);
}

/** Trains as the configuration says; events are shown and put down in the run folder. */
export async function trainRun(network: Network, training: Training): Promise<TrainResult> {
  const { config, openFolder, data, backend, view, signal, checkpointActivations } = training;
  const { earlier, resume, secondsBefore } = training;
  return withEndings(async (endings) => {
    const loaders = openLoaders(data, config);
    endings.add(() => loaders.validation?.dispose());
    endings.add(() => loaders.train.dispose());
    endings.add(() => {
      view.stop();
    });
    return fit({
      network,
      backend,
      data: loaders,
      recipe: config.recipe,
      seed: config.seed,
      preprocessing: config.preprocessing,
      pictures: [await recordOf(data), ...(earlier ?? [])],
      origin: config.weights?.origin,
      licence: config.weights?.licence,
      store: { save: async (kind, bytes) => (await openFolder()).save(kind, bytes) },
      checkpointEvery: config.checkpointEvery,
      checkpointActivations,
      stopWhen: config.patience === undefined ? undefined : patience(config.patience),
      resume,
      secondsBefore,
      signal,
      onEvent: async (event) => {
        const folder = await openFolder();
        view.show(event);
        if (event.type !== 'checkpoint') await folder.appendMetrics(event);
      },
    });
  });
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
  return withEndings(async (endings) => {
    const program = await prepareInference(network, backend, batchSize, best.state);
    endings.add(() => {
      program.dispose();
    });
    const loader = createLoader(dataset, { batchSize, preprocessing, strict, training: false });
    endings.add(() => loader.dispose());
    const evaluation = await evaluate(program, loader, { signal });
    const samples = await samplePredictions(program, dataset, { preprocessing, batchSize, seed });
    return { on: data.test === undefined ? 'validation pictures' : 'test pictures', evaluation, samples };
  });
}

/** The name of a run's folder: its model and its data. */
export function runName(model: string, data: string): string {
  return `${model}-${basename(data)}`.replace(/[^\w.-]+/g, '_');
}
