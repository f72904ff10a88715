import { UsageError } from '../base/errors.ts';
import { augmentationParts } from '../data/augmentations.ts';
import { withLoss } from './loss.ts';
import { findRecipe, recipeSchema, withOverrides, type Recipe, type RecipeOverrides } from './recipe.ts';

/** What somebody asks of the training of a run that is continued. */
export interface AskedRecipe extends RecipeOverrides {
  readonly recipe?: Recipe | string | undefined;
}

/**
 * The recipe with which a run goes on: its own, for more epochs if they are asked for and its learning rate allows it. Drops
 * of the learning rate stay at the epochs at which they were, so the run becomes what one of so many epochs with that
 * schedule would have been from the start, to the last byte. `source` names the run in errors.
 * Throws a `UsageError` if something else is asked for than the run has.
 */
export function continuedRecipe(own: Recipe, asked: AskedRecipe, source: string): Recipe {
  const { recipe, epochs, ...numbers } = asked;
  const base = typeof recipe === 'string' ? findRecipe(recipe) : (recipe ?? own);
  const wanted = epochs ?? (typeof recipe === 'object' ? recipe.epochs : own.epochs);
  // A recipe that does not say how pictures are augmented leaves it to what they are, and the run knows that.
  const augmentation = base.augmentation ?? own.augmentation;
  // Nor one that does not say what it minimises. What is asked for becomes what it became when the run began.
  const usual = { ...base, augmentation, loss: base.loss ?? own.loss };
  const differences = lengths(base, own).map((length) =>
    recipeDifference(own, withLossOf(own, withOverrides(usual, { ...numbers, epochs: length }))),
  );
  const [difference] = differences;
  if (difference !== undefined && !differences.includes(undefined)) {
    throw new UsageError(
      `${source} has ${difference}: it goes on with its own recipe, so leave that out or begin another run`,
    );
  }
  return extended(own, wanted, source);
}

/** The recipe with the loss that it got when the run began. */
function withLossOf({ loss: own }: Recipe, recipe: Recipe): Recipe {
  if (own?.kind === 'mse' && recipe.loss?.kind === 'mse' && recipe.loss.standardized === undefined)
    return withLoss({ ...recipe, loss: own });
  if (own === undefined || !('several' in own) || own.several !== true) return withLoss(recipe);
  const targets = { task: 'labels', values: new Float32Array() } as const;
  const { balance, loss } = recipe;
  const isWeighed = balance === 'loss' && own.kind === 'bce' && own.posWeight !== undefined;
  if (!isWeighed || loss?.kind !== 'bce') return withLoss(recipe, { targets, classes: [] });
  // The data said what the weights are.
  const weighed = { ...recipe, balance: undefined, loss: { ...loss, posWeight: own.posWeight } };
  return withLoss(weighed, { targets, classes: [] });
}

/** What the learning rate of a run does in epochs for which it was not begun, for people: `before` is its recipe until now. */
export function rateAfterwards(before: Recipe, { schedule, epochs }: Recipe): string {
  const begun = `it was to end after epoch ${before.epochs}`;
  if (schedule.kind === 'step' || schedule.kind === 'multi-step') {
    const falls =
      schedule.kind === 'step'
        ? `goes on falling every ${rounded(schedule.every)} epochs`
        : `falls after epochs ${schedule.milestones.map(rounded).join(', ')}, as it was to, and then stays`;
    return `${begun}: the learning rate ${falls}; to have it fall as in a recipe of ${epochs} epochs, begin another run`;
  }
  return `${begun}: the learning rate stays as it is`;
}

/** Epochs of a schedule that was stretched are no whole numbers. */
function rounded(epochs: number): number {
  return Number(epochs.toPrecision(3));
}

/**
 * The epochs to which a recipe's schedule may have been stretched in a run: the run's; none, if the schedule is meant as it
 * stands; those with which the run began, before it was extended.
 */
function lengths(base: Recipe, own: Recipe): readonly number[] {
  const [given, has] = [base, own].map(({ schedule }) => {
    if (schedule.kind === 'step') return schedule.every;
    return schedule.kind === 'multi-step' ? schedule.milestones[0] : schedule.warmUp?.epochs;
  });
  const begun = given === undefined || has === undefined ? 0 : Math.round((base.epochs * has) / given);
  return [own.epochs, base.epochs, ...(begun > 0 ? [begun] : [])];
}

/** Throws a `UsageError` unless a run of this recipe could have been one of so many epochs. */
function extended(own: Recipe, epochs: number, source: string): Recipe {
  if (epochs === own.epochs) return own;
  if (epochs < own.epochs) {
    throw new UsageError(
      `${source} is one of ${own.epochs} epochs, expected more, got ${epochs}: it cannot become shorter, but can be interrupted`,
    );
  }
  if (own.schedule.kind === 'cosine') {
    throw new UsageError(
      `${source} cannot go on to ${epochs} epochs: its learning rate falls along a cosine to the end of ${own.epochs}, with ${epochs} every step would have had another; train anew with ${epochs} epochs, or begin another run with its best weights`,
    );
  }
  return recipeSchema.parse({ ...own, epochs });
}

/** The first setting in which two recipes differ, in words; names and epochs aside. */
export function recipeDifference(own: Recipe, other: Recipe): string | undefined {
  const [a, b] = [own, other].map(settingsOf);
  const key = [...new Set([...a.keys(), ...b.keys()])].find((each) => a.get(each) !== b.get(each));
  if (key === undefined) return undefined;
  const texts = [a.get(key) ?? 'off', b.get(key) ?? 'off'];
  const words = [own, other].map(({ augmentation }) => {
    const parts = augmentation === undefined ? '' : augmentationParts(augmentation);
    return parts === '' ? 'none' : `'${parts}'`;
  });
  const [has, asked] = key === 'augmentation' && words[0] !== words[1] ? words : texts;
  return `${key} ${has}, not ${asked}`;
}

/** The settings of a recipe, one a line: text that only equality is asked of. */
function settingsOf(recipe: Recipe): Map<string, string> {
  const { optimizer, ...plain } = recipeSchema.parse(recipe);
  const { kind, ...rest } = optimizer;
  return new Map(
    Object.entries({ optimizer: kind, ...rest, ...plain }).flatMap(([key, value]) =>
      value === undefined || key === 'name' || key === 'epochs' ? [] : [[key, JSON.stringify(value)]],
    ),
  );
}
