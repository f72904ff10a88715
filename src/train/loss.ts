import * as z from 'zod/mini';
import { UsageError } from '../base/errors.ts';
import { described } from '../base/described.ts';
import { record } from '../base/options.ts';
import { validate } from '../base/validate.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Task } from '../data/task.ts';
import { nameOf, ownLoss, type OwnLoss } from '../nn/own-loss.ts';
import type { LossPlan } from '../plan/record-loss.ts';

export type { OwnLoss };

const share = z.number().check(z.minimum(0), z.maximum(1));

const weight = z.number().check(z.minimum(0));

/** Whether a picture may have several labels: of the focal loss the form with sigmoids, and label smoothing to ε/2 and 1 − ε/2. */
const several = z.optional(z.boolean());

/** What training minimises; without one it is cross-entropy, or for labels bce and for numbers mse. */
export const lossSchema = z.discriminatedUnion('kind', [
  /** torch.nn.CrossEntropyLoss: one class a picture. */
  z.strictObject({ kind: z.literal('cross-entropy') }),
  /**
   * torch.nn.BCEWithLogitsLoss: each output by itself, of several labels a picture, or of one as in "ResNet strikes back" (Wightman et al.
   * 2021), whose two options are those of timm's BinaryCrossEntropy.
   */
  z.strictObject({
    kind: z.literal('bce'),
    /** Targets become 1 above this, after smoothing and mixing, else 0. */
    targetThreshold: z.optional(z.number().check(z.minimum(0), z.lt(1))),
    /** The sum over classes, not their mean. */
    sumClasses: z._default(z.boolean(), false),
    /** Its pos_weight: what the term of a label that a picture has is multiplied by, for each label or one for all. */
    posWeight: z.optional(z.union([weight, z.array(weight)])),
    several,
  }),
  /** The squared error, torch.nn.MSELoss: for numbers. */
  z.strictObject({
    kind: z.literal('mse'),
    /**
     * What numbers are standardised with, and the path of the layer that gives them. A run finds it in its training pictures, for a network
     * whose last layer is linear; false: numbers are learned as they are.
     */
    standardized: z.optional(
      z.union([
        z.literal(false),
        z.strictObject({
          layer: z.string(),
          mean: z.readonly(z.array(z.number())),
          std: z.readonly(z.array(z.number().check(z.positive()))),
        }),
      ]),
    ),
  }),
  /**
   * Focal loss (Lin et al. 2017). Of classes −(1 − p)^γ·log p of the true one's softmax; of labels, as torchvision.ops.sigmoid_focal_loss,
   * each output's own with its sigmoid, and α for what is and 1 − α for what is not.
   */
  z.strictObject({
    kind: z.literal('focal'),
    gamma: z._default(z.number().check(z.minimum(0)), 2),
    /** Only of labels. Default: no weights. */
    alpha: z.optional(share),
    several,
  }),
  /** A function of a program: only its name can be kept. */
  z.strictObject({ kind: z.literal('own'), name: z.string() }),
]);
export type Loss = z.infer<typeof lossSchema>;
export type LossKind = Loss['kind'];

/**
 * The recipe's loss for a plan. Throws a `UsageError` if the recipe's is a program's own and that is not given, or another one is.
 */
export function lossPlanOf(
  { loss }: { readonly loss?: Loss | undefined },
  own: OwnLoss | undefined,
): LossPlan | undefined {
  if (loss?.kind !== 'own') {
    if (own === undefined) return loss?.kind === 'mse' ? { kind: 'mse' } : loss;
    throw new UsageError(
      `expected a recipe with the loss { kind: 'own', name } for a loss of one's own, got ${loss?.kind ?? 'cross-entropy'}`,
    );
  }
  if (own === undefined) {
    throw new UsageError(
      `the recipe's loss is '${loss.name}', a function of the program that began it: give it as loss`,
    );
  }
  return ownLoss(own, loss.name);
}

/** What may be asked for: a loss with its options, its name alone, or a function of one's own. */
export type AskedLoss = z.input<typeof lossSchema> | Exclude<LossKind, 'own'> | OwnLoss;

/** A recipe's loss as it was asked for. Throws a `UsageError` for what is none. */
export function askedLoss(asked: unknown): Loss | undefined {
  if (asked === undefined) return undefined;
  if (typeof asked === 'function') return { kind: 'own', name: nameOf(asked as OwnLoss) };
  if (typeof asked !== 'string' && !record.is(asked)) {
    throw new UsageError(
      `\`loss\`: expected 'cross-entropy', 'bce', 'mse' or 'focal', { kind, … } or a function (output, target) => loss, got ${described(asked)}`,
    );
  }
  return validate(lossSchema, typeof asked === 'string' ? { kind: asked } : asked, '`loss`');
}

/** The function of a loss of one's own. */
export function ownLossOf(asked: AskedLoss | undefined): OwnLoss | undefined {
  return typeof asked === 'function' ? asked : undefined;
}

/**
 * The recipe with the loss that its pictures are for: of several labels binary cross-entropy, of numbers the squared error, unless it has
 * one. Label smoothing, which squared errors and losses of one's own do not have, is left out; labels that are balanced in the loss get
 * their weights. Throws a `UsageError` where they do not fit.
 */
export function withLoss<R extends LossPart>(asked: R, pictures: Pictures = { classes: [] }): R {
  const task = pictures.targets?.task ?? 'classes';
  const recipe = task === 'labels' ? withPosWeight(asked, pictures) : asked;
  const { balance } = recipe;
  const loss = fitted(recipe.loss, task);
  checkPosWeight(loss, pictures);
  if (loss === recipe.loss && loss === undefined) return recipe;
  const kind = loss?.kind ?? 'cross-entropy';
  const weighs = task === 'classes' && (kind === 'cross-entropy' || kind === 'focal');
  if (balance === 'loss' && !weighs) {
    throw new UsageError(
      `\`balance: 'loss'\` weighs classes in cross-entropy and the focal loss of one class a picture, and labels in bce, not in ${kind} of ${task}: use 'sampling', or leave it out`,
    );
  }
  if (balance !== undefined && task === 'numbers') {
    throw new UsageError(
      `\`balance\` is for classes and labels, and the pictures have numbers: leave it out`,
    );
  }
  const isSmoothed = kind !== 'mse' && kind !== 'own';
  return { ...recipe, loss, labelSmoothing: isSmoothed ? recipe.labelSmoothing : 0 };
}

/** What of pictures has to do with the loss. */
type Pictures = Pick<Dataset, 'targets' | 'classes'>;

/** With `balance` 'loss': each label's weight is how many pictures lack it over how many have it, as PyTorch's manual proposes. */
function withPosWeight<R extends LossPart>(recipe: R, { targets, classes }: Pictures): R {
  const { balance, loss } = recipe;
  if (balance !== 'loss' || targets === undefined || (loss !== undefined && loss.kind !== 'bce'))
    return recipe;
  if (loss?.posWeight !== undefined) {
    throw new UsageError(
      "`balance: 'loss'` finds the positive weights that the loss was given: leave one of them out",
    );
  }
  const counts = classes.map(() => 0);
  targets.values.forEach((value, at) => {
    counts[at % classes.length] += value;
  });
  const pictures = targets.values.length / classes.length;
  // What no picture has, or all have, says nothing about the other.
  const posWeight = counts.map((count) =>
    count === 0 || count === pictures ? 1 : (pictures - count) / count,
  );
  return { ...recipe, balance: undefined, loss: { kind: 'bce', sumClasses: false, ...loss, posWeight } };
}

function checkPosWeight(loss: Loss | undefined, { classes }: Pictures): void {
  const given = loss?.kind === 'bce' && Array.isArray(loss.posWeight) ? loss.posWeight.length : undefined;
  if (given === undefined || given === classes.length || classes.length === 0) return;
  throw new UsageError(
    `\`loss\`: expected one positive weight, or one for each of ${classes.length} labels, got ${given}`,
  );
}

/** What of a recipe has to do with its loss. */
interface LossPart {
  readonly loss?: Loss | undefined;
  readonly labelSmoothing: number;
  readonly balance?: 'sampling' | 'loss' | undefined;
}

const lossesOf: Readonly<Record<Task, readonly LossKind[]>> = {
  classes: ['cross-entropy', 'bce', 'mse', 'focal', 'own'],
  labels: ['bce', 'focal', 'own'],
  numbers: ['mse', 'own'],
};

function fitted(loss: Loss | undefined, task: Task): Loss | undefined {
  if (task === 'classes') {
    if (loss?.kind === 'focal' && loss.alpha !== undefined && loss.several !== true) {
      throw new UsageError(
        "`loss`: alpha is the focal loss's of several labels: of one class a picture leave it out, or weigh classes with `balance: 'loss'`",
      );
    }
    return loss;
  }
  if (loss === undefined)
    return task === 'labels' ? { kind: 'bce', sumClasses: false, several: true } : { kind: 'mse' };
  if (!lossesOf[task].includes(loss.kind)) {
    const usual = task === 'labels' ? 'several labels each' : 'numbers';
    throw new UsageError(
      `\`loss\`: expected ${lossesOf[task].slice(0, -1).join(' or ')} (in a program, or a function of one's own) for pictures with ${usual}, got ${loss.kind}`,
    );
  }
  return loss.kind === 'bce' || loss.kind === 'focal' ? { ...loss, several: true } : loss;
}
