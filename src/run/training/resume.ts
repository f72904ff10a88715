import type { OpenData } from '../../data/open-data.ts';
import { picturesOfRun } from '../pictures/run-pictures.ts';
import { createModel } from '../../models/registry.ts';
import { freeze, freezeExactly } from '../../nn/freeze.ts';
import { Module } from '../../nn/module.ts';
import { mayBeSameModel } from '../../train/checkpoint.ts';
import { networkOf } from '../../train/network.ts';
import type { RunPlatform } from '../platform.ts';
import type { RunConfig } from './config.ts';
import { optionsThatAre } from './continuing.ts';
import { continuedSettings, settingsOfCheckpoint } from './continued-settings.ts';
import { engineToContinue } from './engine.ts';
import type { RunLog } from './events.ts';
import type { RunOptions, RunRequest } from './options.ts';
import type { LastCheckpoint, PreparedRun } from './prepared.ts';
import { describeModule } from './settings.ts';

/**
 * Prepares a run to go on from its checkpoint, with its own settings but for what may be given anew. Its `config` is
 * undefined where an earlier version wrote none. Throws a `UsageError` if others are asked for than it has, a
 * `CardinalError` if its pictures are others.
 */
export async function prepareToContinue(
  request: RunRequest,
  log: RunLog,
  path: string,
  config: RunConfig | undefined,
  resume: LastCheckpoint,
  platform: RunPlatform,
): Promise<PreparedRun> {
  const { options, source } = request;
  await log.notice(ofBeginning(path, options));
  const known = config ?? settingsOfCheckpoint(path, request, resume, platform);
  const settings = continuedSettings(path, known, request, platform);
  const data = await picturesToContinue(source ?? settings.data, settings, resume, platform);
  const { strict } = settings;
  const earlier = { path, checkpoint: resume };
  const pictures = await picturesOfRun(data, { strict, earlier }, platform);
  await log.warn(pictures.warning);
  const module = networkToContinue(request, settings, resume);
  if (options.freeze !== undefined) freeze(module, options.freeze);
  else if (isOf(resume, module)) freezeAsBefore(module, config, resume);
  const { channels, size } = settings.preprocessing;
  // A minified program calls its classes otherwise with every build; the run keeps the name that it has.
  const description = isOf(resume, module) ? resume.model : describeModule(module);
  return {
    config: settings,
    isChanged: settings !== config,
    data,
    module,
    network: networkOf(module, [channels, ...size], description),
    pictures,
    picturesBefore: [],
    engine: engineToContinue(options, resume.training, platform.backends),
    checkpointActivations: options.checkpointActivations,
    resume,
  };
}

/** Pictures that are open are taken as they are; a folder is split as the run split it. */
async function picturesToContinue(
  source: string | OpenData,
  { seed, valFraction, strict, maxPixels, decodeSeconds, labels }: RunConfig,
  { classes, pictures }: LastCheckpoint,
  platform: RunPlatform,
): Promise<OpenData> {
  if (typeof source !== 'string') return source;
  // A program may have held some out with another seed than the run's.
  const splitSeed = pictures?.at(0)?.heldOut?.seed ?? seed;
  const opening = { seed: splitSeed, valFraction, strict, maxPixels, decodeSeconds, labels, classes };
  return platform.openData(source, opening);
}

function networkToContinue(
  { model }: RunRequest,
  { model: own, seed }: RunConfig,
  resume: LastCheckpoint,
): Module {
  if (model instanceof Module) return model;
  const { name, options } = mayBeSameModel(resume.model, own) ? resume.model : own;
  return createModel(name, options).initialize(seed);
}

/** What was frozen by hand is in the checkpoint alone where there are no settings. */
function freezeAsBefore(module: Module, config: RunConfig | undefined, { training }: LastCheckpoint): void {
  freezeExactly(module, config === undefined ? (training.frozen ?? []) : []);
  if (config?.freeze !== undefined) freeze(module, config.freeze);
}

/** Whether a checkpoint may be this network's; one of another is refused where training starts, with a message that says so. */
function isOf({ model, state }: LastCheckpoint, module: Module): boolean {
  const names = [...module.stateSpecs().keys()];
  return (
    mayBeSameModel(model, describeModule(module)) &&
    names.length === state.size &&
    names.every((name) => state.has(name))
  );
}

/** What is given to say how a run begins, and cannot be compared, for one that has begun. */
function ofBeginning(path: string, options: RunOptions): string | undefined {
  // It was called so to begin with.
  if (options.resume === 'auto') return undefined;
  const given = optionsThatAre('past').filter((option) => options[option] !== undefined);
  if (given.length === 0) return undefined;
  const [are, change] = given.length === 1 ? ['is', 'changes'] : ['are', 'change'];
  return `the run in ${path} goes on with its own weights: ${given.join(', ')} ${are} for its beginning and ${change} nothing now`;
}
