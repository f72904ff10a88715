import * as z from 'zod/mini';
import type { StrongAugmentationName } from './augmentation-names.ts';

/*
 * Augmentation of the recipes after ResNeXt's. In the scripts of a page that trains, `no-strong-augmentation.ts` stands for this file.
 */

const share = z.number().check(z.minimum(0), z.maximum(1));
const positive = z.number().check(z.positive());
const expectedRange = { error: 'expected [low, high]' };

/** What is done to a picture at random, after it was cropped and flipped. */
export const policySchema = z.discriminatedUnion('kind', [
  /**
   * RandAugment (Cubuk et al. 2020) as timm has it: `n` operations, each done with `probability`. `rand-m9-n2-mstd0.5-inc1-p0.5` is
   * { magnitude: 9, n: 2, std: 0.5, increasing: true, probability: 0.5 }.
   */
  z.strictObject({
    kind: z.literal('rand'),
    n: z._default(z.int().check(z.minimum(1), z.maximum(20)), 2),
    /** From 0 to 10. */
    magnitude: z._default(z.number().check(z.minimum(0), z.maximum(10)), 9),
    /** Standard deviation of the magnitude from operation to operation. */
    std: z._default(z.number().check(z.minimum(0), z.maximum(100)), 0),
    /** Whether all operations get stronger with the magnitude; timm's first version left that out for six. */
    increasing: z._default(z.boolean(), false),
    probability: z._default(share, 0.5),
  }),
  /** torchvision's `RandAugment`: `n` operations of a magnitude from 0 to 30, always done. */
  z.strictObject({
    kind: z.literal('rand-torchvision'),
    n: z._default(z.int().check(z.minimum(1), z.maximum(20)), 2),
    magnitude: z._default(z.int().check(z.minimum(0), z.maximum(30)), 9),
  }),
  /** AutoAugment (Cubuk et al. 2019): one of the 25 pairs that were found for ImageNet, torchvision's table. */
  z.strictObject({ kind: z.literal('auto'), policy: z._default(z.enum(['imagenet']), 'imagenet') }),
  /** TrivialAugment (Müller and Hutter 2021): one operation of any magnitude; torchvision's `TrivialAugmentWide`. */
  z.strictObject({ kind: z.literal('trivial') }),
]);
/** A policy, with all defaults filled in. */
export type Policy = z.infer<typeof policySchema>;

/** Random erasing; see `Erasing`. */
const erasingSchema = z.strictObject({
  probability: share,
  area: z._default(z.tuple([share, share]).check(z.refine(([low, high]) => low <= high, expectedRange)), [
    0.02,
    1 / 3,
  ]),
  ratio: z._default(
    z.tuple([positive, positive]).check(z.refine(([low, high]) => low <= high, expectedRange)),
    [0.3, 1 / 0.3],
  ),
  mode: z._default(z.enum(['constant', 'pixel']), 'pixel'),
});

/** What these recipes add to an augmentation. */
export const strongParts = {
  /** Interpolation of random crops; `random`: bilinear or bicubic, as timm. Default: the evaluation's. */
  interpolation: z.optional(z.enum(['bilinear', 'bicubic', 'random'])),
  policy: z.optional(policySchema),
  erase: z.optional(erasingSchema),
};
type StrongParts = z.infer<z.ZodMiniObject<typeof strongParts>>;

/** The policy that a name adds to the crops and flips of photos. */
export function policyNamed(name: StrongAugmentationName): Policy {
  switch (name) {
    case 'rand':
      return policySchema.parse({ kind: 'rand', magnitude: 7, std: 0.5, increasing: true });
    case 'auto':
    case 'trivial':
      return policySchema.parse({ kind: name });
  }
}

/** What they do, for people. */
export function strongWords({ policy, erase }: StrongParts): (string | undefined)[] {
  const percent = erase && Math.round(100 * erase.probability);
  return [policy && policyTitles[policy.kind], percent === undefined ? undefined : `erasing in ${percent} %`];
}

const policyTitles = {
  rand: 'RandAugment',
  'rand-torchvision': 'RandAugment',
  auto: 'AutoAugment',
  trivial: 'TrivialAugment',
} as const;
