import { modelNeedsAll } from '../../models/needs-all.ts';
import { modelOrigin } from '../../models/registry.ts';
import { Module } from '../../nn/module.ts';
import type { NamedModel } from '../../run/training/options.ts';
import { weightsNeedAll } from './weights-need-all.ts';
import type { TrainOnOptions } from './train-options.ts';

/** Recipes, and what may be set of one, that the small script which trains knows. */
const smallRecipes: readonly unknown[] = ['imagenet', 'cifar', 'quick'];
const smallOptimizers: readonly unknown[] = ['sgd', 'adamw'];
const smallAugmentations: readonly unknown[] = [
  'none',
  'flip',
  'crop',
  'crop-flip',
  'shift',
  'shift-flip',
  'imagenet',
];
const smallSettings = new Set([
  ...['name', 'epochs', 'batchSize', 'optimizer', 'schedule', 'labelSmoothing', 'clipNorm', 'accumulate'],
  ...['ema', 'augmentation', 'mix', 'balance', 'learningRate', 'weightDecay', 'decayNorms', 'momentum'],
  ...['mixup', 'cutmix'],
]);
const smallParts = new Set(['crop', 'flip', 'jitter', 'lighting']);
/** What else a training may be given. */
const smallOptions = new Set([
  ...['out', 'resume', 'takeOver', 'verify', 'head', 'inChannels', 'partial', 'evaluate', 'report'],
  ...['onEvent', 'signal', 'patience', 'checkpointEvery', 'checkpointMinutes', 'checkpointActivations'],
  ...['syncBatchNorm', 'seed', 'strict', 'imageSize', 'preprocessing', 'backend', 'threads', 'base'],
]);

/** Whether a training takes what only the complete script has. */
export function trainingNeedsAll(model: Module | NamedModel, options: TrainOnOptions): boolean {
  const known = model instanceof Module ? modelOrigin(model) : model;
  if (known !== undefined && modelNeedsAll(known.name, known.options)) return true;
  return Object.entries(options).some(([option, value]) => {
    if (value === undefined) return false;
    if (option === 'recipe') return recipeNeedsAll(value);
    if (option === 'loss') return value !== 'cross-entropy';
    if (option === 'augment') return !smallAugmentations.includes(value);
    if (option === 'freeze') return options.freeze?.includes('backbone') === true;
    if (option === 'weights') return weightsNeedAll(value);
    return !smallOptions.has(option) && !isSmallSetting(option, value);
  });
}

function recipeNeedsAll(recipe: unknown): boolean {
  if (typeof recipe !== 'object' || recipe === null) return !smallRecipes.includes(recipe);
  return !Object.entries(recipe).every(([name, value]) => value === undefined || isSmallSetting(name, value));
}

function isSmallSetting(name: string, value: unknown): boolean {
  // Whether it is one is looked at where it is used.
  if (name === 'optimizer')
    return smallOptimizers.includes((Object(value) as { readonly kind?: unknown }).kind);
  if (name === 'augmentation')
    return Object.keys(Object(value) as object).every((part) => smallParts.has(part));
  return smallSettings.has(name);
}
