import { augmentationWords } from '../data/augmentations.ts';
import type { Recipe } from '../train/recipe.ts';

/** The settings of a recipe for a person, [name, value]; the value of a disabled one is undefined. */
export function recipeRows(recipe: Recipe): [string, string | undefined][] {
  const { optimizer } = recipe;
  return [
    ['recipe', recipe.name],
    ['epochs', String(recipe.epochs)],
    ['batch size', String(recipe.batchSize)],
    ['optimiser', optimizer.kind === 'sgd' ? sgd(optimizer) : 'AdamW'],
    ['learning rate', `${optimizer.learningRate}, ${schedule(recipe.schedule)}`],
    ['weight decay', `${optimizer.weightDecay}${optimizer.decayNorms ? '' : ', not on norms and biases'}`],
    ['label smoothing', recipe.labelSmoothing > 0 ? String(recipe.labelSmoothing) : undefined],
    ['gradients clipped to norm', recipe.clipNorm?.toString()],
    ['moving average', recipe.ema && `decay ${recipe.ema.decay}`],
    ['pictures', recipe.augmentation && augmentationWords(recipe.augmentation)],
    ['classes balanced by', recipe.balance],
    ['mixup', mixed(recipe.mix?.mixup)],
    ['CutMix', mixed(recipe.mix?.cutmix)],
  ];
}

function mixed(alpha = 0): string | undefined {
  return alpha > 0 ? `α ${alpha}` : undefined;
}

function sgd({ momentum, nesterov }: { momentum: number; nesterov: boolean }): string {
  return `SGD, ${nesterov ? 'Nesterov momentum' : 'momentum'} ${momentum}`;
}

function schedule(given: Recipe['schedule']): string {
  const warmUp = given.warmUp === undefined ? '' : ` after a warm-up of ${given.warmUp.epochs} epochs`;
  switch (given.kind) {
    case 'constant':
      return `constant${warmUp}`;
    case 'cosine':
      return `cosine${warmUp}`;
    case 'step':
      return `times ${given.gamma} every ${given.every} epochs${warmUp}`;
    case 'multi-step':
      return `times ${given.gamma} at epochs ${given.milestones.join(', ')}${warmUp}`;
  }
}
