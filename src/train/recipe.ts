import * as z from 'zod/mini';
import { UsageError } from '../base/errors.ts';
import { checkKind, record, text } from '../base/options.ts';
import { nearest } from '../base/nearest.ts';
import { validate } from '../base/validate.ts';
import { imagenetAugmentation } from '../data/augmentations.ts';
import { augmentationSchema, mixSchema } from '../data/preprocessing.ts';
import { lineageRecipes } from './lineage-recipes.ts';
import { lossSchema } from './loss.ts';
import { optimizerSchema } from './optimizer.ts';
import { learningRateScaleSchema, recipeParts } from './recipe-parts.ts';
import { scheduleSchema, stretchSchedule } from './schedule.ts';

/**
 * `sampling`: every class is drawn as often as any other, pictures of small ones repeatedly. `loss`: every picture is shown
 * once, and counts in the loss by its class's weight, pictures / (classes · pictures of the class), as
 * torch.nn.CrossEntropyLoss(weight) has it.
 */
export const balances = ['sampling', 'loss'] as const;

/** Everything that decides how a network is trained, as plain data. */
export const recipeSchema = z.strictObject({
  name: z.string(),
  epochs: z.int().check(z.minimum(1)),
  /** Pictures for one optimiser step. */
  batchSize: z.int().check(z.minimum(1)),
  optimizer: optimizerSchema,
  schedule: scheduleSchema,
  /**
   * What learning rates are multiplied by, by pattern of parameters or modules (`layer1`, `*.bias`); the last that matches
   * counts. A network that was trained before changes little where it sees edges, more where it decides. A record, `{ layer1: 0.1, fc: 1 }`,
   * or pairs, `[['*', 0.1], ['7', 1]]`: of a record's keys JavaScript puts whole numbers, as a Sequential's modules are called, first.
   */
  learningRateScale: z.optional(learningRateScaleSchema),
  /**
   * The epoch, counted from 1 as progress shows it, from which on all is trained; until then what `freeze` names is frozen, by default the
   * backbone. A new classifier's first gradients would spoil what the other layers know.
   */
  unfreezeAt: z.optional(z.int().check(z.minimum(2))),
  /** ε: targets become (1−ε)·target + ε/classes (Szegedy et al. 2016). */
  labelSmoothing: z._default(z.number().check(z.minimum(0), z.lt(1)), 0),
  /** Gradients are scaled down to this L2 norm over all parameters, if they exceed it. */
  clipNorm: z.optional(z.number().check(z.positive())),
  /** A batch is run in so many equal parts whose gradients are summed; more if it would not fit into memory. */
  accumulate: z._default(z.int().check(z.minimum(1)), 1),
  /**
   * Moving average of weights and running statistics, used for validation and `best.safetensors`. With `warmUp` the
   * decay is min(decay, (1+t)/(10+t)) after t steps, so that a short run does not average in its random beginning.
   */
  ema: z.optional(
    z.strictObject({ decay: z.number().check(z.minimum(0), z.lt(1)), warmUp: z._default(z.boolean(), true) }),
  ),
  /** How training pictures are augmented; if absent, as is usual for the kind of data. */
  augmentation: z.optional(augmentationSchema),
  /** Mixup and CutMix. */
  mix: z.optional(mixSchema),
  /** What is minimised; if absent, as is usual for the kind of labels. */
  loss: z.optional(lossSchema),
  /** What is done about classes of which there are few pictures; if absent, nothing. */
  balance: z.optional(z.enum(balances)),
  ...recipeParts,
});
/** A recipe, validated; see `recipeSchema`. */
export type Recipe = z.infer<typeof recipeSchema>;

/** Recipes by name. */
export const recipes = {
  /**
   * ImageNet, as the paper (section 4) and its code have it: batch 256, lr 0.1 divided by 10 every 30 epochs, weight
   * decay on everything. Nesterov, 100 epochs, jitter, lighting and flips are the code's.
   */
  imagenet: recipeSchema.parse({
    name: 'imagenet',
    epochs: 100,
    batchSize: 256,
    optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
    schedule: { kind: 'step', every: 30, gamma: 0.1, per: 'epoch' },
    augmentation: imagenetAugmentation,
  }),
  /** CIFAR-10 and -100, as the paper (section 5.3): batch 128, weight decay 5e-4, lr 0.1 divided by 10 at 150 and 225 of 300. */
  cifar: recipeSchema.parse({
    name: 'cifar',
    epochs: 300,
    batchSize: 128,
    optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    schedule: { kind: 'multi-step', milestones: [150, 225], gamma: 0.1, per: 'epoch' },
    augmentation: { crop: { kind: 'pad', padding: 4 }, flip: 0.5 },
  }),
  /**
   * A few thousand small pictures in minutes: small batches, because a short run needs steps, and AdamW, which learned
   * more in ten epochs of the Fashion-MNIST sample than SGD with rates from 0.05 to 0.1 did.
   */
  quick: recipeSchema.parse({
    name: 'quick',
    epochs: 10,
    batchSize: 32,
    optimizer: { kind: 'adamw', learningRate: 0.004, weightDecay: 0.05 },
    schedule: { kind: 'cosine', per: 'step', warmUp: { epochs: 0.5, from: 0.05 } },
    labelSmoothing: 0.1,
  }),
  ...lineageRecipes((recipe) => recipeSchema.parse(recipe)),
} as const satisfies Readonly<Record<string, Recipe>>;

/** The recipe called `name`. Throws a `UsageError` with the nearest names. */
export function findRecipe(name: string): Recipe {
  checkKind('findRecipe', 'its name', name, text);
  const found = Object.entries<Recipe>(recipes).find(([key]) => key === name);
  if (found !== undefined) return found[1];
  const names = nearest(name, Object.keys(recipes));
  throw new UsageError(`unknown recipe '${name}'; there are ${names.join(', ')}`);
}

/** The settings of a recipe that can be overridden. */
export interface RecipeOverrides {
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly decayNorms?: boolean | undefined;
  /** Factors of the learning rate by pattern of parameters or modules, a record or pairs. */
  readonly learningRateScale?: Recipe['learningRateScale'] | undefined;
  /** The epoch, counted from 1, from which on all is trained. */
  readonly unfreezeAt?: number | undefined;
  readonly momentum?: number | undefined;
  readonly labelSmoothing?: number | undefined;
  readonly clipNorm?: number | undefined;
  readonly accumulate?: number | undefined;
  /** Decay of the moving average. */
  readonly ema?: number | undefined;
  /** α of the Beta distribution; 0 disables it. */
  readonly mixup?: number | undefined;
  readonly cutmix?: number | undefined;
  readonly augmentation?: Recipe['augmentation'] | undefined;
  readonly balance?: Recipe['balance'] | undefined;
  readonly loss?: Recipe['loss'] | undefined;
  /** What the learning rate of each layer is multiplied by, counted from the classifier. */
  readonly layerDecay?: Recipe['layerDecay'] | undefined;
  /** How often a picture comes in a batch. */
  readonly repeats?: Recipe['repeats'] | undefined;
  /** Weights of auxiliary outputs by name, `{ aux: 0.4 }`: their losses are added. `{}`: none. */
  readonly auxiliary?: Recipe['auxiliary'] | undefined;
}

/**
 * The recipe with some numbers changed; what is undefined stays. With other epochs the schedule keeps its shape
 * (milestones move in proportion). Throws a `UsageError` for a number that makes no sense.
 */
export function withOverrides(recipe: Recipe, overrides: RecipeOverrides): Recipe {
  validate(recipeSchema, recipe, 'withOverrides: the recipe');
  checkKind('withOverrides', 'the changes', overrides, record);
  const { epochs, learningRate, weightDecay, decayNorms, momentum, ema, mixup, cutmix, ...plain } = overrides;
  if (momentum !== undefined && !('momentum' in recipe.optimizer)) {
    throw new UsageError(
      `momentum belongs to SGD and RMSProp, but recipe '${recipe.name}' uses ${recipe.optimizer.kind}`,
    );
  }
  const changed: unknown = {
    ...recipe,
    ...defined(plain),
    optimizer: { ...recipe.optimizer, ...defined({ learningRate, weightDecay, decayNorms, momentum }) },
    ...defined({
      epochs,
      ema: ema === undefined ? undefined : { warmUp: recipe.ema?.warmUp ?? true, decay: ema },
      mix:
        mixup === undefined && cutmix === undefined
          ? undefined
          : { ...recipe.mix, ...defined({ mixup, cutmix }) },
      schedule:
        epochs === undefined || !(epochs > 0)
          ? undefined
          : stretchSchedule(recipe.schedule, recipe.epochs, epochs),
    }),
  };
  try {
    return validate(recipeSchema, changed, `recipe '${recipe.name}'`);
  } catch (error) {
    throw error instanceof Error ? new UsageError(error.message) : error;
  }
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
