import { resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { jsonObject, validate } from '../../base/validate.ts';
import { parseSet } from '../../models/options.ts';
import { createModel, modelInfo } from '../../models/registry.ts';
import type { OpenData } from '../../data/open-data.ts';
import { fitPreprocessing } from '../../node/data/channel-statistics.ts';
import { withAugmentation } from '../../node/data/loaders.ts';
import { requireRoom } from '../../node/room.ts';
import { identifyNetwork } from '../../use/identify.ts';
import { isAdapted, factsOf, trainingPreprocessing } from '../../use/weights-facts.ts';
import { isHubName } from '../../node/hub/name.ts';
import type { WeightsFile } from '../../node/weights-file.ts';
import { networkOf, type ModelDescription } from '../../train/network.ts';
import { findRecipe, withOverrides, type RecipeOverrides } from '../../train/recipe.ts';
import type { TrainFlags } from './flags.ts';
import { givenEngine } from '../engine.ts';
import { preprocessingFor, requirePerChannel, warnOfOther } from '../loading.ts';
import { runConfigSchema, type RunConfig } from './run-config.ts';
import { shellWord } from '../output/print.ts';
import { version } from '../../node/version.ts';
import type { FitFlags } from '../flags/weights.ts';
import { givenLimits } from '../flags/pictures.ts';

/**
 * Everything that decides how the run goes, checked before a folder is made. `weights` are those that the run begins with:
 * then its pictures are prepared as theirs were.
 */
export async function configure(
  data: OpenData,
  model: string | undefined,
  flags: TrainFlags,
  weights?: WeightsFile,
): Promise<RunConfig> {
  const given = parseSet(flags.set ?? []);
  requireClasses(given, data);
  const { name, options: set } = chosenModel(model, given, weights, flags);
  const info = modelInfo(name, set);
  const chosen = withOverrides(findRecipe(flags.recipe), overridesOf(flags));
  const channels = 'inChannels' in given || weights !== undefined ? info.options.inChannels : data.channels;
  if (channels !== 1 && channels !== 3) {
    throw new UsageError(`${name}: pictures have 1 or 3 channels, got inChannels=${String(channels)}`);
  }
  const { imageSize } = flags;
  if (imageSize !== undefined) {
    const options = { ...set, numClasses: data.classes.length, inChannels: channels };
    const network = networkOf(createModel(name, options), [channels, imageSize, imageSize], {
      name,
      options,
    });
    requireRoom(network, chosen, flags.checkpointActivations);
  }
  if (weights === undefined) requirePerChannel({ channels, mean: flags.mean, std: flags.std });
  const preprocessing =
    weights === undefined
      ? await fitPreprocessing(data, {
          channels,
          // Pictures of one size are taken as they are; photos are brought to the size the network was designed for.
          imageSize: flags.imageSize ?? (data.pictureSize === undefined ? info.inputShape[1] : undefined),
          mean: flags.mean,
          std: flags.std,
        })
      : await preprocessingFor(
          {
            preprocessing: trainingPreprocessing(weights, flags.inChannels),
            channels,
            adapted: isAdapted(weights, flags.inChannels),
            description: { name, options: {} },
          },
          flags,
          data,
        );
  const recipe = await withAugmentation(chosen, data, preprocessing, flags.augment);
  const { patience, checkpointEvery, checkpointMinutes, checkpointActivations } = flags;
  const config: RunConfig = {
    cardinal: version(),
    startedAt: new Date().toISOString(),
    command: repeatCommand(),
    data: resolve(data.path),
    model: { name, options: { ...set, numClasses: data.classes.length, inChannels: channels } },
    recipe,
    seed: flags.seed,
    valFraction: flags.valFraction,
    strict: flags.strict,
    preprocessing,
    ...(weights === undefined ? {} : { weights: await beginning(weights, flags) }),
    ...(flags.freeze === undefined ? {} : { freeze: [...flags.freeze] }),
    ...(checkpointActivations === undefined ? {} : { checkpointActivations }),
    ...(patience === undefined ? {} : { patience }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
    ...givenLimits(flags),
    engine: givenEngine(flags),
    ...(checkpointMinutes === undefined ? {} : { checkpointMinutes }),
  };
  return validate(runConfigSchema, config, 'the settings of the run');
}

/** The data has as many classes as it has; another number for the network is a mistake. */
function requireClasses(given: Readonly<Record<string, unknown>>, { path, classes }: OpenData): void {
  const { numClasses } = given;
  if (numClasses !== undefined && numClasses !== classes.length) {
    throw new UsageError(
      `--set numClasses=${JSON.stringify(numClasses)}: ${path} has ${classes.length} classes, leave it out`,
    );
  }
}

/** What is trained: the network that is named, or the one that the weights are of. */
function chosenModel(
  model: string | undefined,
  set: Readonly<Record<string, unknown>>,
  weights: WeightsFile | undefined,
  fit: FitFlags,
): ModelDescription {
  if (weights === undefined) {
    if (model === undefined) {
      throw new UsageError('--model is missing: see `cardinal models` for their names');
    }
    return { name: model, options: validate(jsonObject, set, '--set') };
  }
  warnOfOther(weights, model);
  const { name, options } = identifyNetwork(weights, model, set, fit);
  return {
    name,
    options: Object.fromEntries(Object.entries(options).filter(([key]) => key !== 'numClasses')),
  };
}

async function beginning(
  weights: WeightsFile,
  { weights: file = weights.name, head, partial, inChannels }: TrainFlags,
): Promise<RunConfig['weights']> {
  const { origin, licence } = factsOf(weights);
  return {
    file,
    ...(isHubName(file) ? {} : { path: resolve(weights.path) }),
    sha256: await weights.digest(),
    ...(inChannels === undefined ? {} : { inChannels }),
    head,
    ...(partial === true ? { partial } : {}),
    ...(origin === undefined ? {} : { origin }),
    ...(licence === undefined ? {} : { licence }),
  };
}

export function overridesOf({
  epochs,
  batchSize,
  lr,
  weightDecay,
  labelSmoothing,
  ...flags
}: Partial<TrainFlags>): RecipeOverrides {
  const { clipNorm, accumulate, ema, mixup, cutmix, balance } = flags;
  const plain = { epochs, batchSize, learningRate: lr, weightDecay, labelSmoothing };
  return { ...plain, clipNorm, accumulate, ema, mixup, cutmix, balance };
}

/** The command line as it was given, ready to be pasted into a shell. */
export function repeatCommand(): string {
  return ['npx cardinal', ...process.argv.slice(2).map(shellWord)].join(' ');
}
