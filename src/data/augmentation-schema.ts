import * as z from 'zod/mini';
import { strongParts } from './strong-augmentation.ts';

const range = z
  .tuple([z.number().check(z.positive()), z.number().check(z.positive())])
  .check(z.refine(([low, high]) => low <= high, { error: 'expected [low, high]' }));

/** How training pictures are augmented. Every part is optional; `{}` trains on the evaluation's own crops. */
export const augmentationSchema = z.strictObject({
  crop: z.optional(
    z.discriminatedUnion('kind', [
      /** torchvision's RandomResizedCrop: share of the area, and range of the aspect ratio (width/height). */
      z.strictObject({
        kind: z.literal('random-resized'),
        scale: z._default(range, [0.08, 1]),
        ratio: z._default(range, [3 / 4, 4 / 3]),
      }),
      /** The evaluation's crop, padded by so many black pixels on every side and cut again at random. */
      z.strictObject({ kind: z.literal('pad'), padding: z.int().check(z.positive()) }),
    ]),
  ),
  /** Probability of a mirrored picture. */
  flip: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0),
  jitter: z.optional(
    z.strictObject({
      brightness: z._default(z.number().check(z.nonnegative()), 0),
      contrast: z._default(z.number().check(z.nonnegative()), 0),
      saturation: z._default(z.number().check(z.nonnegative()), 0),
    }),
  ),
  /** Standard deviation of the PCA lighting; RGB only. 0.1 in the paper's recipe. */
  lighting: z._default(z.number().check(z.nonnegative()), 0),
  ...strongParts,
});

/** How training pictures are augmented, with all defaults filled in. */
export type Augmentation = z.infer<typeof augmentationSchema>;
/** The same, where what has a default may be left out. */
export type AugmentationInput = z.input<typeof augmentationSchema>;

/** Which of two batch mixes is drawn, and how strongly. */
export const mixSchema = z.strictObject({
  /** α of mixup's Beta(α, α); 0: no mixup. */
  mixup: z._default(z.number().check(z.nonnegative()), 0),
  /** α of CutMix's Beta(α, α); 0: no CutMix. */
  cutmix: z._default(z.number().check(z.nonnegative()), 0),
  /** Share of the batches that are mixed. */
  probability: z._default(z.number().check(z.minimum(0), z.maximum(1)), 1),
  /** Share of the mixed batches that CutMix gets, where both are on. */
  cutmixShare: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.5),
});

/** Mixup and CutMix, with all defaults filled in. */
export type Mix = z.infer<typeof mixSchema>;
/** The same, where what has a default may be left out. */
export type MixInput = z.input<typeof mixSchema>;
