import { resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { validate } from '../base/validate.ts';
import { parseSet } from '../models/options.ts';
import { modelInfo } from '../models/registry.ts';
import type { OpenData } from '../node/data/open.ts';
import { fitPreprocessing } from '../node/data/statistics.ts';
import { findRecipe, withOverrides, type RecipeOverrides } from '../train/recipe.ts';
import type { TrainFlags } from './commands/train.ts';
import { runConfigSchema, type RunConfig } from './run-config.ts';
import { requirePerChannel } from './training.ts';
import { version } from './version.ts';

/** Everything that decides how the run goes, checked before a folder is made. */
export async function configure(data: OpenData, model: string, flags: TrainFlags): Promise<RunConfig> {
  const set = parseSet(flags.set ?? []);
  const info = modelInfo(model, set);
  const recipe = withOverrides(findRecipe(flags.recipe), overrides(flags));
  const channels = 'inChannels' in set ? info.options.inChannels : data.channels;
  if (channels !== 1 && channels !== 3) {
    throw new UsageError(`${model}: pictures have 1 or 3 channels, got inChannels=${String(channels)}`);
  }
  const preprocessing = await fitPreprocessing(data, {
    channels,
    // Pictures of one size are taken as they are; photos are brought to the size the network was designed for.
    imageSize: flags.imageSize ?? (data.pictureSize === undefined ? info.inputShape[1] : undefined),
    mean: flags.mean,
    std: flags.std,
  });
  requirePerChannel(preprocessing);
  const { patience, checkpointEvery } = flags;
  const config: RunConfig = {
    cardinal: version(),
    startedAt: new Date().toISOString(),
    command: repeatCommand(),
    data: resolve(data.path),
    model: { name: model, options: { ...set, numClasses: data.classes.length, inChannels: channels } },
    recipe,
    seed: flags.seed,
    valFraction: flags.valFraction,
    strict: flags.strict,
    preprocessing,
    ...(patience === undefined ? {} : { patience }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
  };
  return validate(runConfigSchema, config, 'the settings of the run');
}

function overrides({
  epochs,
  batchSize,
  lr,
  weightDecay,
  labelSmoothing,
  ...flags
}: TrainFlags): RecipeOverrides {
  const { clipNorm, accumulate, ema, mixup, cutmix } = flags;
  const plain = { epochs, batchSize, learningRate: lr, weightDecay, labelSmoothing };
  return { ...plain, clipNorm, accumulate, ema, mixup, cutmix };
}

/** The command line as it was given, ready to be pasted into a shell. */
function repeatCommand(): string {
  const quoted = process.argv
    .slice(2)
    .map((arg) => (/^[\w./:=,@+-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ['npx cardinal', ...quoted].join(' ');
}
