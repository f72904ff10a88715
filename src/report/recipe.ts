import { augmentationWords } from '../data/augmentations.ts';
import type { Task } from '../data/task.ts';
import { standardizedBy } from '../train/in-units.ts';
import { otherName } from '../train/other-optimizers.ts';
import type { Recipe } from '../train/recipe.ts';
import { factorPairs } from '../train/recipe-parts.ts';

/** The settings of a recipe for a person, [name, value]; the value of a disabled one is undefined. */
export function recipeRows(recipe: Recipe): [string, string | undefined][] {
  const { optimizer } = recipe;
  return [
    ['recipe', recipe.name],
    ['epochs', String(recipe.epochs)],
    ['batch size', String(recipe.batchSize)],
    ['optimiser', optimizerWords(optimizer)],
    ['learning rate', `${optimizer.learningRate}, ${schedule(recipe.schedule)}`],
    ['learning rates scaled', scales(recipe.learningRateScale)],
    ['learning rates by layer', words(recipe.layerDecay, (rate) => `times ${rate} for each layer behind`)],
    ['weight decay', `${optimizer.weightDecay}${optimizer.decayNorms ? '' : ', not on norms and biases'}`],
    ['loss', lossWords(recipe.loss)],
    ['losses of auxiliary outputs', scales(recipe.auxiliary)],
    ['label smoothing', recipe.labelSmoothing > 0 ? String(recipe.labelSmoothing) : undefined],
    ['gradients clipped to norm', recipe.clipNorm?.toString()],
    ['moving average', recipe.ema && `decay ${recipe.ema.decay}`],
    ['pictures', recipe.augmentation && augmentationWords(recipe.augmentation)],
    [
      'training pictures',
      words(recipe.trainScale, (share) => `${Math.round(100 * share)} % of the input's side`),
    ],
    ['each picture in a batch', words(recipe.repeats, (times) => `${times} times`)],
    ['classes balanced by', recipe.balance],
    ['mixup', mixed(recipe.mix?.mixup)],
    ['CutMix', mixed(recipe.mix?.cutmix)],
  ];
}

function words(value: number | undefined, say: (value: number) => string): string | undefined {
  return value === undefined ? undefined : say(value);
}

function lossWords(loss: Recipe['loss']): string | undefined {
  if (loss === undefined) return undefined;
  switch (loss.kind) {
    case 'cross-entropy':
      return 'cross-entropy';
    case 'bce': {
      const above = loss.targetThreshold === undefined ? '' : `, of targets above ${loss.targetThreshold}`;
      const weights =
        loss.posWeight === undefined
          ? ''
          : `, what is weighed ${[loss.posWeight]
              .flat()
              .map((weight) => Number(weight.toPrecision(3)))
              .join(', ')} times`;
      return `binary cross-entropy${loss.sumClasses ? ', summed' : ''}${above}${weights}`;
    }
    case 'mse':
      return `mean squared error${standardizedBy(loss) === undefined ? '' : ', numbers standardised'}`;
    case 'focal':
      return `focal, γ ${loss.gamma}${loss.alpha === undefined ? '' : `, α ${loss.alpha}`}`;
    case 'own':
      return `the program's ${loss.name}`;
  }
}

/** What training minimises, in words, if it is another quantity than the loss of validation, so that the two cannot share an axis. */
export function trainingLossWords({ loss, auxiliary }: Recipe, task: Task = 'classes'): string | undefined {
  const hasOthers = Object.keys(auxiliary ?? {}).length > 0;
  if (!hasOthers && isAsValidated(loss, task)) return undefined;
  return `${lossWords(loss) ?? 'cross-entropy'}${hasOthers ? ', with those of auxiliary outputs' : ''}`;
}

function isAsValidated(loss: Recipe['loss'], task: Task): boolean {
  switch (task) {
    case 'classes':
      return loss === undefined || loss.kind === 'cross-entropy';
    case 'labels':
      return (
        loss?.kind === 'bce' &&
        !loss.sumClasses &&
        loss.posWeight === undefined &&
        loss.targetThreshold === undefined
      );
    case 'numbers':
      return loss?.kind === 'mse' && standardizedBy(loss) === undefined;
  }
}

/** What is frozen, as `--freeze` names it, and until when. */
export function frozenWords(frozen: string, { unfreezeAt }: Recipe): string {
  return unfreezeAt === undefined ? frozen : `${frozen}, until epoch ${unfreezeAt} begins`;
}

function scales(given: Recipe['learningRateScale']): string | undefined {
  const words = factorPairs(given).map(([pattern, factor]) => `${pattern} × ${factor}`);
  return words.length === 0 ? undefined : words.join(', ');
}

function mixed(alpha = 0): string | undefined {
  return alpha > 0 ? `α ${alpha}` : undefined;
}

function optimizerWords(optimizer: Recipe['optimizer']): string {
  if (optimizer.kind === 'sgd') return sgd(optimizer);
  return optimizer.kind === 'adamw' ? 'AdamW' : otherName(optimizer);
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
