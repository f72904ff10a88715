import { checkOptions, finite, listOf, oneOf, wholeFrom, type Kinds } from '../base/options.ts';
import * as z from 'zod/mini';

import { smallest } from '../base/extremes.ts';
import { validate } from '../base/validate.ts';
import { interpolations } from './transforms/filters.ts';

/**
 * How a picture becomes a network's input in evaluation and prediction. Saved in every checkpoint, so that nobody has
 * to give it again.
 */
export const preprocessingSchema = z
  .strictObject({
    /** 1: pictures are turned grey; 3: grey pictures are repeated to RGB. */
    channels: z.union([z.literal(1), z.literal(3)]),
    /** [H, W] of the input, in pixels. */
    size: z.tuple([z.int().check(z.positive()), z.int().check(z.positive())]),
    /** The shorter side is resized to this many pixels, aspect ratio kept; `null` resizes straight to `size`. */
    resize: z.nullable(z.int().check(z.positive())),
    /**
     * Share of that side which is cut out of the middle, timm's `crop_pct`: where `resize` was computed from one, and rounded
     * down. For inputs of another size; else `size` / `resize` is the same.
     */
    cropShare: z.optional(z.number().check(z.positive())),
    /** As Pillow resizes, and so torchvision on PIL pictures. */
    interpolation: z.enum(interpolations),
    /** Per channel, of values in [0, 1]. */
    mean: z.array(z.number()),
    std: z.array(z.number().check(z.positive())),
  })
  .check(
    z.refine(({ channels, mean, std }) => mean.length === channels && std.length === channels, {
      error: 'mean and std need one number for each channel',
    }),
    z.refine(
      ({ size, resize, cropShare }) =>
        cropShare === undefined || resize === resizedSide(smallest(size), cropShare),
      { error: 'cropShare and resize contradict each other' },
    ),
  );

/** How a picture becomes a network's input; see `preprocessingSchema`. */
export type Preprocessing = z.infer<typeof preprocessingSchema>;

/** A preprocessing from outside, checked. Throws a `CardinalError` of one line. */
export function checkPreprocessing(what: string, preprocessing: Preprocessing): Preprocessing {
  return validate(preprocessingSchema, preprocessing, `${what}: the preprocessing`);
}

export {
  augmentationSchema,
  mixSchema,
  type Augmentation,
  type AugmentationInput,
  type Mix,
  type MixInput,
} from './augmentation-schema.ts';

/** Mean and standard deviation of ImageNet's training pictures, as torchvision's networks expect them. */
export const imagenetStatistics = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/**
 * Preprocessing for torchvision's first and most of timm's ImageNet networks: short side 256, the middle 224,
 * bilinear. Weights of other recipes (torchvision's V2, timm's `a1`, …) want other crops: see their model cards.
 */
export const imagenetPreprocessing: Preprocessing = {
  channels: 3,
  size: [224, 224],
  resize: 256,
  interpolation: 'bilinear',
  mean: [...imagenetStatistics.mean],
  std: [...imagenetStatistics.std],
};

/** The paper's test crop, section 4: the middle 224 of 256. */
export const usualCropShare = 0.875;

/**
 * The side to which pictures are resized so that the middle `size` pixels are `cropShare` of it. Rounded down, in double
 * precision, as timm does it: 341 for 299, 333 for a share of 0.8975.
 */
export function resizedSide(size: number, cropShare: number): number {
  return Math.floor(size / cropShare);
}

/**
 * The same preprocessing for square inputs of another side: the same share of the picture is cut out. The rounded
 * sides no longer determine the share, so it is `cropShare`, or the first of the whole, the `likely` ones and the
 * usual one that gives the side there is; or else the quotient of the sides.
 */
export function withImageSize(
  preprocessing: Preprocessing,
  imageSize: number,
  likely: readonly number[] = [],
): Preprocessing {
  const { size, resize, cropShare } = preprocessing;
  const resized = { ...preprocessing, size: [imageSize, imageSize] as [number, number] };
  if (resize === null) return resized;
  const side = smallest(size);
  const share =
    cropShare ?? [1, ...likely, usualCropShare].find((candidate) => resizedSide(side, candidate) === resize);
  return {
    ...resized,
    // Whole numbers divide exactly where they should, which shares need not.
    resize: share === undefined ? Math.floor((imageSize * resize) / side) : resizedSide(imageSize, share),
  };
}

export interface DefaultPreprocessingOptions {
  readonly channels: 1 | 3;
  /** [H, W] shared by all pictures of the set, if they share one. */
  readonly pictureSize?: readonly [number, number] | undefined;
  /** Side of the square input; default: the pictures' own size, or 224. */
  readonly imageSize?: number | undefined;
  /** Share of the resized picture's side that is cut out of its middle. */
  readonly cropShare?: number | undefined;
  readonly interpolation?: Preprocessing['interpolation'] | undefined;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const numbers = listOf(finite);
const defaultKinds: Kinds<DefaultPreprocessingOptions> = {
  channels: { expected: '1 (grey) or 3 (RGB)', is: (value) => value === 1 || value === 3 },
  pictureSize: {
    expected: 'the height and width of all pictures',
    is: (value) => Array.isArray(value) && value.length === 2 && value.every((side) => wholeFrom(1).is(side)),
  },
  imageSize: wholeFrom(1),
  cropShare: { expected: 'a number above 0', is: (value) => finite.is(value) && Number(value) > 0 },
  interpolation: oneOf('bilinear', 'bicubic'),
  mean: numbers,
  std: numbers,
};

/**
 * The usual preprocessing of a data set: pictures of one size are taken as they are; photos of all sizes are resized to
 * the short side that leaves `imageSize` as the middle 87.5 % (256 for 224), or the share that the network was published with.
 */
export function defaultPreprocessing(options: DefaultPreprocessingOptions): Preprocessing {
  checkOptions('defaultPreprocessing', options, defaultKinds, ['channels', 'mean', 'std']);
  const {
    channels,
    pictureSize,
    imageSize,
    cropShare = usualCropShare,
    interpolation = 'bilinear',
  } = options;
  const size: [number, number] =
    imageSize === undefined ? [...(pictureSize ?? ([224, 224] as const))] : [imageSize, imageSize];
  const square = size[0] === size[1] && pictureSize?.[0] === pictureSize?.[1];
  const resize = pictureSize ? (square ? size[0] : null) : resizedSide(size[0], cropShare);
  return {
    channels,
    size,
    resize,
    interpolation,
    mean: [...options.mean],
    std: [...options.std],
  };
}
