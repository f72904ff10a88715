import { CardinalError, passOver } from '../base/errors.ts';
import { smallest } from '../base/extremes.ts';
import { checkKind, objectWith } from '../base/options.ts';
import { validate } from '../base/validate.ts';
import type { AugmentationName } from '../data/augmentation-names.ts';
import { augmentationNamed, defaultAugmentation } from '../data/augmentations.ts';
import type { BatchLoader, Picture } from '../data/dataset.ts';
import { decoderOf } from '../data/decode.ts';
import type { LoaderOptions } from '../data/loader.ts';
import { openDataKind, type OpenData } from '../data/open-data.ts';
import type { PicturePlatform } from '../data/picture-platform.ts';
import type { AugmentFunction } from '../data/own/augment.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { wholeShare, type Share } from '../data/share.ts';
import type { PictureDataset } from '../data/source.ts';
import { trainingPreprocessing } from './recipe-parts.ts';
import { recipes, recipeSchema, type Recipe } from './recipe.ts';

export interface TrainingLoaderOptions {
  readonly recipe: Recipe;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  /** Refuse a picture that cannot be decoded with an error. */
  readonly strict: boolean;
  /** An augmentation of one's own, before the recipe's. */
  readonly augment?: AugmentFunction | undefined;
  /** Which rows of batches a rank prepares, in training in so many micro-batches. Default: all. */
  readonly share?: Share | undefined;
}

export interface TrainingLoaders {
  readonly train: BatchLoader;
  /** Undefined if there are no validation pictures. */
  readonly validation: BatchLoader | undefined;
}

/** Batches as a recipe wants them; whoever opens them disposes of them. Throws a `CardinalError` if there are none. */
export function openLoaders(
  data: OpenData,
  options: TrainingLoaderOptions,
  createLoader: (dataset: PictureDataset, options: LoaderOptions) => BatchLoader,
): TrainingLoaders {
  checkKind('openLoaders', 'the data', data, openDataKind);
  checkKind(
    'openLoaders',
    'the options',
    options,
    objectWith('{ recipe, preprocessing, seed, strict }', 'recipe', 'preprocessing'),
  );
  const { preprocessing, seed, strict, share, augment } = options;
  const recipe = validate(recipeSchema, options.recipe, 'openLoaders: the recipe');
  const train = trainingPictures(data);
  requireBatch(train, recipe);
  const classes = data.classes.length;
  const common = { preprocessing, strict, seed, classes };
  return {
    train: createLoader(train, {
      ...common,
      preprocessing: trainingPreprocessing(preprocessing, recipe),
      batchSize: recipe.batchSize,
      training: true,
      augmentation: recipe.augmentation ?? defaultAugmentation(data.kind),
      augment,
      balanced: recipe.balance === 'sampling',
      repeats: recipe.repeats,
      mix: recipe.mix,
      share,
    }),
    validation:
      data.val &&
      createLoader(data.val, {
        ...common,
        batchSize: evaluationBatch(recipe.batchSize, data.val, share),
        training: false,
        share: share && { ...share, parts: 1 },
      }),
  };
}

/**
 * The recipe with the augmentation that it trains with: the one that is `asked` for, its own, or what is usual for the data. So a
 * run says and keeps how its pictures were augmented.
 */
export async function withAugmentation(
  recipe: Recipe,
  data: OpenData,
  { size }: Preprocessing,
  asked: AugmentationName | undefined,
  platform: PicturePlatform,
): Promise<Recipe> {
  const named = asked && augmentationNamed(asked, smallest(size));
  const augmentation = named ?? recipe.augmentation ?? (await usualAugmentation(data, size, platform));
  return { ...recipe, augmentation };
}

/** Thumbnails in class folders are augmented as thumbnails in one file are; grey ones may be letters and are not mirrored. */
async function usualAugmentation(
  data: OpenData,
  size: Preprocessing['size'],
  platform: PicturePlatform,
): Promise<NonNullable<Recipe['augmentation']>> {
  const { train, kind } = data;
  if ((kind !== 'folders' && kind !== 'shards') || train === undefined) return defaultAugmentation(kind);
  const decode = decoderOf(train.source, platform);
  const looked = Math.min(train.length, mostLooked);
  let grey = true;
  for (let n = 0; n < looked; n++) {
    const picture = await decode(Math.floor((n * train.length) / looked)).catch(passOver(undefined));
    if (picture === undefined) continue;
    if (Math.max(picture.width, picture.height) > thumbnailSide) return defaultAugmentation(kind);
    grey &&= isGrey(picture);
  }
  return augmentationNamed(grey ? 'shift' : 'shift-flip', smallest(size));
}

/** Pictures that are looked at to distinguish thumbnails from photos; one large one is enough to see that they are none. */
const mostLooked = 32;
/** Longest side of a thumbnail, in pixels. */
const thumbnailSide = 64;

function isGrey({ channels, data }: Picture): boolean {
  if (channels === 1) return true;
  for (let i = 0; i < data.length; i += 3) {
    if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return false;
  }
  return true;
}

/** Throws a `CardinalError` with what to do if there are fewer pictures than a batch takes. */
function requireBatch(
  { name, length }: PictureDataset,
  { batchSize, optimizer, name: recipe }: Recipe,
): void {
  if (length >= batchSize) return;
  const { quick } = recipes;
  // Eight steps an epoch at least, and the learning rate in proportion to the batch (Goyal et al. 2017).
  const fitting = Math.max(1, 2 ** Math.floor(Math.log2(Math.max(1, Math.min(length / 8, quick.batchSize)))));
  const rate = Number(((optimizer.learningRate * fitting) / batchSize).toPrecision(3));
  const other =
    recipe !== quick.name && length >= quick.batchSize
      ? `\`recipe: 'quick'\` (batches of ${quick.batchSize}), or `
      : '';
  throw new CardinalError(
    `${name} has ${length} pictures to train on, fewer than one batch of recipe ${recipe} (${batchSize}): use ${other}\`batchSize: ${fitting}\` and \`learningRate: ${rate}\``,
  );
}

/** The pictures to train on. Throws a `CardinalError` if the source has none. */
export function trainingPictures({ train, path }: OpenData): PictureDataset {
  if (train === undefined) {
    throw new CardinalError(`${path} has no training pictures: expected a train folder, or class folders`);
  }
  return train;
}

/** A batch larger than the data would only pad; one smaller than the ranks would leave some without a row of their program. */
export function evaluationBatch(
  batchSize: number,
  { length }: PictureDataset,
  { size: ranks }: Pick<Share, 'size'> = wholeShare,
): number {
  return Math.max(ranks, Math.min(batchSize, length));
}
