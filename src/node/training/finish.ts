import { basename } from 'node:path';
import type { Backend } from '../../backends/backend.ts';
import { withEndings } from '../../base/endings.ts';
import type { PictureRecord } from '../../data/picture-record.ts';
import { createModel } from '../../models/registry.ts';
import { countModel } from '../../cost/count-model.ts';
import { freeze } from '../../nn/freeze.ts';
import type { OpenData } from '../data/open.ts';
import type { RunPictures } from '../data/run-pictures.ts';
import { openLoaders } from '../../train/loaders.ts';
import { evaluateBest, evaluatedOn, type RunEvaluation } from '../report/evaluate-best.ts';
import { writeReport } from '../report/write-report.ts';
import type { RunFolder } from '../run-folder.ts';
import type { WeightsFile } from '../../use/weights-file.ts';
import { count } from '../../report/format.ts';
import type { Checkpoint } from '../../train/checkpoint.ts';
import { patience } from '../../train/early-stopping.ts';
import { networkOf, type Network } from '../../train/network.ts';
import type { EpochRecord } from '../../train/progress.ts';
import { fit, type TrainResult } from '../../train/train.ts';
import { loadTensors } from '../../weights/load.ts';
import type { ProgressView } from '../../cli/train/progress.ts';
import { tellLeft } from '../../cli/loading.ts';
import { headFates, type RunConfig } from './config.ts';

export interface Training {
  readonly config: RunConfig;
  /** Where the run lies. A new run's folder is made when everything is ready to train, so a failed start leaves none. */
  readonly openFolder: () => Promise<RunFolder>;
  readonly data: OpenData;
  readonly pictures: RunPictures;
  readonly backend: Backend;
  readonly view: ProgressView;
  readonly signal: AbortSignal;
  /** As the run had it, if it is not said. */
  readonly checkpointActivations?: boolean | undefined;
  /** Which pictures the weights were trained on that the run begins with. */
  readonly earlier?: readonly PictureRecord[] | undefined;
  /** The checkpoint to continue from. */
  readonly resume?: Checkpoint | undefined;
  /** What its epochs came to. */
  readonly history?: readonly EpochRecord[] | undefined;
  /** How long it took until then. */
  readonly secondsBefore?: number | undefined;
}

/** The network of a run, with the weights its seed gives; on top of them those of a file that it begins with. */
export async function buildNetwork(
  { model, seed, preprocessing, weights, freeze: patterns = [] }: RunConfig,
  begin?: WeightsFile,
): Promise<Network> {
  const { channels, size } = preprocessing;
  const built = createModel(model.name, model.options).initialize(seed);
  if (begin !== undefined) {
    const { tensors, name: source, unreadable } = begin;
    const { head, partial, inChannels } = weights ?? {};
    tellLeft(await loadTensors(built, tensors, { source, head, partial, inChannels, unreadable }));
  }
  freeze(built, patterns);
  return networkOf(built, [channels, ...size], model);
}

/** Trains as the configuration says; events are shown and put down in the run folder. */
export async function trainRun(network: Network, training: Training): Promise<TrainResult> {
  const { config, openFolder, data, pictures, backend, view, signal, checkpointActivations } = training;
  const { earlier, resume, history, secondsBefore } = training;
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
      pictures: [pictures.record, ...(earlier ?? [])],
      conditions: pictures.conditions,
      origin: config.weights?.origin,
      licence: config.weights?.licence,
      store: { save: async (kind, bytes) => (await openFolder()).save(kind, bytes) },
      checkpointEvery: config.checkpointEvery,
      checkpointMinutes: config.checkpointMinutes,
      checkpointActivations,
      stopWhen: config.patience === undefined ? undefined : patience(config.patience),
      resume,
      history,
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

/**
 * Evaluates a run's best weights on its test pictures, or on its validation pictures if it has no others. Undefined if it
 * has neither, or was interrupted; what is wrong with the weights if they are damaged or gone.
 */
export async function evaluateRun(
  network: Network,
  training: Training,
): Promise<RunEvaluation | string | undefined> {
  const { config, openFolder, data, backend, signal, view } = training;
  const { preprocessing, recipe, seed, strict } = config;
  const pictures = data.test ?? data.val;
  if (pictures === undefined) return undefined;
  view.say(
    `evaluating on ${count(pictures.length)} ${evaluatedOn[data.test === undefined ? 'val' : 'test']}`,
  );
  const best = await (await openFolder()).bestWeights();
  if (typeof best === 'string') return best;
  const { state } = best;
  const { batchSize } = recipe;
  return evaluateBest({ network, state, data, backend, preprocessing, batchSize, seed, strict, signal });
}

/** Writes `report.html` of a run and gives its path. */
export async function reportRun(
  { config, openFolder, data, backend }: Training,
  evaluated: RunEvaluation | undefined,
  notes: readonly string[],
): Promise<string> {
  const { model, recipe, preprocessing, seed, command, weights, freeze: frozen } = config;
  return writeReport({
    ...{
      folder: await openFolder(),
      data,
      backend,
      model,
      recipe,
      preprocessing,
      seed,

      command,
    },
    cost: countModel(model.name, [preprocessing.channels, ...preprocessing.size], model.options),
    begunWith: weights && `${weights.file}, classifier ${headFates[weights.head]}`,
    frozen: frozen?.join(' '),
    evaluated,
    notes,
  });
}

/** The name of a run's folder: its model and its data. */
export function runName(model: string, data: string): string {
  return `${model}-${basename(data)}`.replace(/[^\w.-]+/g, '_');
}
