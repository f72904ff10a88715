import { resolve } from 'node:path';
import { parseSet } from '../../models/options.ts';
import type { RunOptions } from '../../node/training/options.ts';
import type { NamedModel } from '../../run/training/options.ts';
import { shellWord } from '../output/print.ts';
import type { TrainFlags } from './flags.ts';

/** What flags ask of a run, but for its folder and how it is shown. */
export function optionsOf(flags: Partial<TrainFlags>): RunOptions {
  const { recipe, epochs, batchSize, lr, weightDecay, labelSmoothing, clipNorm, accumulate } = flags;
  const { ema, mixup, cutmix, augment, balance, patience, imageSize, mean, std, valFraction } = flags;
  const { seed, strict, checkpointEvery, checkpointMinutes, checkpointActivations, freeze } = flags;
  const { weights, head, inChannels, partial, verify, maxPixels, decodeSeconds } = flags;
  const { backend, threads, blas, takeOver, syncBn, lrScale, labels, loss, unfreezeAt } = flags;
  const { layerDecay, repeats } = flags;
  return {
    ...{ recipe, epochs, batchSize, learningRate: lr, weightDecay, labelSmoothing, clipNorm, accumulate },
    ...{ ema, mixup, cutmix, augment, balance, patience, imageSize, mean, std, valFraction },
    ...{ seed, strict, checkpointEvery, checkpointMinutes, checkpointActivations, freeze },
    ...{ weights, head, inChannels, partial, verify, maxPixels, decodeSeconds },
    ...{ backend, threads, blas, takeOver, syncBatchNorm: syncBn },
    ...{ learningRateScale: lrScale, layerDecay, repeats, unfreezeAt, loss },
    labels: labels === undefined ? undefined : resolve(labels),
  };
}

/** The network that flags name; without --model that of --weights, or of the run that is continued. */
export function modelOf({ model, set }: Partial<TrainFlags>): Partial<NamedModel> {
  return { ...(model === undefined ? {} : { name: model }), options: parseSet(set ?? []) };
}

/** The command line as it was given, ready to be pasted into a shell. */
export function repeatCommand(): string {
  return ['npx cardinal', ...process.argv.slice(2).map(shellWord)].join(' ');
}
