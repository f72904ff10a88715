import * as z from 'zod/mini';
import type { Preprocessing } from '../data/preprocessing.ts';

/*
 * What only recipes after ResNeXt's have. In the scripts of a page, `no-lineage-recipes.ts` stands for this file.
 */

const factor = z.number().check(z.minimum(0));
export const learningRateScaleSchema = z.union(
  [z.record(z.string(), factor), z.readonly(z.array(z.tuple([z.string(), factor])))],
  `expected factors of at least 0 by pattern, as {"layer1":0.1}, or pairs of both, as [["layer1",0.1]]`,
);

/** Patterns with their factors, in the order in which they count. */
export function factorPairs(
  scale: z.infer<typeof learningRateScaleSchema> = {},
): readonly (readonly [pattern: string, factor: number])[] {
  return isPairs(scale) ? scale : Object.entries(scale);
}

// Array.isArray does not tell a readonly array from a record.
function isPairs<T>(scale: readonly T[] | Readonly<Record<string, number>>): scale is readonly T[] {
  return Array.isArray(scale);
}

export const recipeParts = {
  /**
   * Each layer learns at so many times the rate of the one behind it: a block is a layer, the stem is the first and the classifier, which
   * has the rate itself, the last (Clark et al. 2020; timm's `--layer-decay`). For networks that were trained before.
   */
  layerDecay: z.optional(z.number().check(z.positive(), z.maximum(1))),
  /**
   * How often a picture comes in a batch, each time augmented differently (Hoffer et al. 2020). An epoch has as many pictures as without, so
   * it shows one of so many of the data set.
   */
  repeats: z.optional(z.int().check(z.minimum(1), z.maximum(64))),
  /** The network's `dropPath`, if it has that option: share of pictures that skip a block, from 0 in the first to this in the last. */
  dropPath: z.optional(z.number().check(z.minimum(0), z.lt(1))),
  /**
   * Side of training pictures as a share of the input's (Touvron et al. 2019, "Fixing the train-test resolution discrepancy"). Validation and
   * whoever uses the network have the whole input.
   */
  trainScale: z.optional(z.number().check(z.positive(), z.maximum(1))),
  /**
   * Weights of a network's other outputs by name: the same loss of each, with the same target, is added times its weight (Szegedy et al. 2015,
   * section 5). Validation and whoever uses the network have the main output.
   */
  auxiliary: z.optional(z.record(z.string(), z.number().check(z.positive()))),
};
type Scaled = { readonly trainScale?: number | undefined };

/** The shape C×H×W of training pictures for a network with this input. */
export function trainingInput(
  [channels, ...sides]: readonly number[],
  { trainScale }: Scaled,
): readonly number[] {
  return [channels, ...sides.map((side) => scaled(side, trainScale))];
}

/** How training pictures are prepared. */
export function trainingPreprocessing(preprocessing: Preprocessing, { trainScale }: Scaled): Preprocessing {
  if (trainScale === undefined) return preprocessing;
  const { size, resize } = preprocessing;
  const [height, width] = size;
  return {
    ...preprocessing,
    cropShare: undefined,
    size: [scaled(height, trainScale), scaled(width, trainScale)],
    resize: resize === null ? null : scaled(resize, trainScale),
  };
}

function scaled(side: number, scale = 1): number {
  return Math.max(1, Math.round(side * scale));
}

/** Options of a network with the recipe's `dropPath`: what is set already stays; `all` are those that it has. */
export function withDropPath<T extends Readonly<Record<string, unknown>>>(
  set: T,
  all: Readonly<Record<string, unknown>>,
  { dropPath }: { readonly dropPath?: number | undefined },
): T {
  return dropPath === undefined || !('dropPath' in all) || 'dropPath' in set ? set : { ...set, dropPath };
}

/** A line for people if the recipe has a `dropPath` that the network has no option for. */
export function withoutDropPath(
  { name, options }: { readonly name: string; readonly options: object },
  { dropPath = 0, ...recipe }: { readonly name: string; readonly dropPath?: number | undefined },
): string | undefined {
  return dropPath === 0 || 'dropPath' in options
    ? undefined
    : `${name} has no option dropPath: it trains without the ${dropPath} of recipe ${recipe.name}`;
}
