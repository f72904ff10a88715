import { UsageError } from '../../base/errors.ts';
import type { AugmentFunction } from '../../data/own/augment.ts';
import type { OpenData } from '../../data/open-data.ts';
import { augmentationSchema } from '../../data/preprocessing.ts';
import type { Recipe } from '../../train/recipe.ts';
import type { RunConfig } from './config.ts';
import type { RunOptions, RunRequest } from './options.ts';

/** What of a run is its program's own, so that nobody else can continue it: its `pictures`, their `labels`, the function `augment`. */
export type OwnParts = NonNullable<RunConfig['program']>;

/** The function that a run augments its pictures with, if it has one. */
export function ownAugment({ augment }: RunOptions): AugmentFunction | undefined {
  return typeof augment === 'function' ? augment : undefined;
}

/** What of a run is its program's own; undefined if nothing is. */
export function ownPartsOf(data: OpenData, options: RunOptions): OwnParts | undefined {
  const parts = [
    ...(data.kind === 'own' ? ['pictures'] : hasOwnLabels(data) ? ['labels'] : []),
    ...(ownAugment(options) === undefined ? [] : ['augment']),
  ];
  return parts.length === 0 ? undefined : parts;
}

/** Whether labels were given to `openData` in place of a file of them. */
function hasOwnLabels({ task, labels }: OpenData): boolean {
  return task !== undefined && labels === undefined;
}

/** The recipe of a run with a function of its own for an augmentation: beside it stands only what is asked for in numbers. */
export function withOwnAugment(recipe: Recipe, options: RunOptions): Recipe | undefined {
  if (ownAugment(options) === undefined) return undefined;
  return { ...recipe, augmentation: augmentationSchema.parse(options.augmentation ?? {}) };
}

/** Throws a `UsageError` unless a run is continued with a function of its own where it began with one. */
export function requireOwnParts(
  path: string,
  { program = [] }: RunConfig,
  { source, options }: RunRequest,
): void {
  const had = program.includes('augment');
  const has = ownAugment(options) !== undefined;
  if (had && !has) {
    throw new UsageError(
      `the run in ${path} augments its pictures with a function of its program: give it again as augment, or begin another run`,
    );
  }
  if (!had && has) {
    throw new UsageError(
      `the run in ${path} has no function that augments its pictures: leave augment out, or begin another run`,
    );
  }
  if (typeof source === 'object') return;
  for (const [part, giver] of [
    ['pictures', 'ownData'],
    ['labels', 'openData'],
  ]) {
    if (!program.includes(part)) continue;
    throw new UsageError(
      `the run in ${path} has ${part} of its program: give them again, as ${giver} gives them, or begin another run`,
    );
  }
}
