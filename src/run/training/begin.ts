import { CardinalError } from '../../base/errors.ts';
import { createModel } from '../../models/registry.ts';
import { freeze, frozenParameters } from '../../nn/freeze.ts';
import { Module } from '../../nn/module.ts';
import { trainingPictures } from '../../train/loaders.ts';
import { networkOf } from '../../train/network.ts';
import { standardizing } from '../../train/standardize.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import type { BeginningWeights, RunPlatform } from '../platform.ts';
import { picturesOfRun } from '../pictures/run-pictures.ts';
import type { RunConfig } from './config.ts';
import { engineToBegin, engineToKeep } from './engine.ts';
import type { RunLog } from './events.ts';
import type { InitialWeights } from './initial-weights.ts';
import type { RunRequest } from './options.ts';
import type { PreparedRun } from './prepared.ts';
import { settingsFor, type Settings } from './settings.ts';

/** A run that was ended before its first checkpoint: where it lies, and its settings. */
export interface EndedEarly {
  readonly path: string;
  readonly config: RunConfig;
}

/**
 * Prepares a run that begins: opens its pictures and the weights that it begins with, settles everything that decides how it
 * goes, and builds the network. One that was `endedEarly` begins anew with the settings that it has. No folder is made yet.
 */
export function prepareToBegin(
  request: RunRequest,
  log: RunLog,
  endedEarly: EndedEarly | undefined,
  platform: RunPlatform,
): Promise<PreparedRun> {
  const { weights: asked, verify } = request.options;
  const known = endedEarly?.config.weights;
  const name = endedEarly === undefined ? asked : (known?.path ?? known?.file);
  // The file is closed before training, which may take days.
  if (name === undefined) return prepare(request, log, endedEarly, undefined, platform);
  let isOpen = false;
  const opened = async (file: BeginningWeights): Promise<PreparedRun> => {
    isOpen = true;
    await log.emit({ type: 'weights-opened', notes: file.notes });
    const { InitialWeights } = await import('./initial-weights.ts');
    const weights = new InitialWeights(file);
    if (endedEarly !== undefined) await weights.requireUnchanged(endedEarly);
    return prepare(request, log, endedEarly, weights, platform);
  };
  return platform.withWeights(name, opened, { verify }).catch((error: unknown) => {
    if (endedEarly === undefined || isOpen || !(error instanceof CardinalError)) throw error;
    throw new CardinalError(
      `the weights that the run in ${endedEarly.path} begins with cannot be had: ${error.message}; put them back, or begin another run`,
      { cause: error },
    );
  });
}

async function prepare(
  request: RunRequest,
  log: RunLog,
  endedEarly: EndedEarly | undefined,
  weights: InitialWeights | undefined,
  platform: RunPlatform,
): Promise<PreparedRun> {
  const { options } = request;
  const data = await openPictures(request, endedEarly?.config, weights, platform);
  const dataset = trainingPictures(data);
  await log.warn(await weights?.seenBefore(data, platform.pictures));
  const { config: asked, module } =
    endedEarly === undefined
      ? await settingsFor(request, data, weights, log, platform)
      : again(endedEarly.config, request, platform);
  const { model, seed, preprocessing, strict } = asked;
  const isOwn = request.model instanceof Module;
  if (!isOwn) module.initialize(seed);
  await weights?.load(module, asked, isOwn, log);
  const frozenByHand = frozenParameters(module).length > 0;
  if (asked.freeze !== undefined) freeze(module, asked.freeze);
  const network = networkOf(module, [preprocessing.channels, ...preprocessing.size], model);
  const config = standardizing(asked, module, network, dataset);
  return {
    config: frozenByHand ? { ...config, freeze: [...frozenParameters(module)] } : config,
    isChanged: true,
    data,
    module,
    network,
    pictures: await picturesOfRun(data, { strict }, platform),
    picturesBefore: weights?.pictures ?? [],
    engine: engineToBegin(options, endedEarly?.config.engine, platform.backends),
    checkpointActivations: options.checkpointActivations ?? config.checkpointActivations,
    resume: undefined,
  };
}

/** The settings of a run that begins anew, computed by what is asked for last, and its network. */
function again(
  config: RunConfig,
  { model, options }: RunRequest,
  { backends }: Pick<RunPlatform, 'backends'>,
): Settings {
  const { engine: before, ...rest } = config;
  const { name: backend, threads, blas } = engineToBegin(options, before, backends);
  const engine = engineToKeep({ backend, threads, blas }, backends);
  return {
    config: engine === undefined ? rest : { ...rest, engine },
    module: model instanceof Module ? model : createModel(config.model.name, config.model.options),
  };
}

/** The pictures; with the classes that a classifier which is kept has, in their order. */
async function openPictures(
  { source, options }: RunRequest,
  config: RunConfig | undefined,
  weights: InitialWeights | undefined,
  platform: RunPlatform,
): Promise<OpenData> {
  const head = config === undefined ? options.head : config.weights?.head;
  const known = source ?? config?.data;
  if (typeof known === 'object') {
    weights?.requireClasses(known, head);
    return known;
  }
  if (known === undefined) throw new Error('a run that begins needs pictures');
  const { seed, valFraction, strict, maxPixels, decodeSeconds, labels } = config ?? options;
  const opening: OpenOptions = { seed, valFraction, strict, maxPixels, decodeSeconds, labels };
  return weights === undefined
    ? platform.openData(known, opening)
    : weights.openData(head, known, opening, platform);
}
