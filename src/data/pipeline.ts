import { CardinalError } from '../base/errors.ts';
import type { Rng } from '../base/rng.ts';
import type { Picture } from './dataset.ts';
import { requirePicture } from './picture.ts';
import { checkPreprocessing, type Augmentation, type Preprocessing } from './preprocessing.ts';
import { centerCrop } from './transforms/center-crop.ts';
import { flipHorizontally } from './transforms/flip.ts';
import { withChannels } from './transforms/grey.ts';
import { jitterColors } from './transforms/jitter.ts';
import { lightingShift } from './transforms/lighting.ts';
import { normaliseInto } from './transforms/normalise.ts';
import { randomPadCrop } from './transforms/pad-crop.ts';
import { randomResizedRegion } from './transforms/random-resized-crop.ts';
import { resize, sizeOfShortSide } from './transforms/resize.ts';

/** Pixels that a picture may have after its short side was resized: a strip of one pixel's height must not fill the memory. */
const largestPicture = 2 ** 26;

/** Writes one picture, ready for the network, to `out` from `at` on: H×W×C numbers. */
export type Pipeline = (picture: Picture, rng: Rng, out: Float32Array, at: number) => void;

/** Resize, crop the middle, normalise; draws nothing. */
export function evalPipeline(preprocessing: Preprocessing): Pipeline {
  const { channels, mean, std } = preprocessing;
  return (picture, _rng, out, at) => {
    normaliseInto(out, at, withChannels(fitted(picture, preprocessing), channels), mean, std);
  };
}

/**
 * Crop, flip, colour jitter, lighting, normalise, in the order of torchvision's recipes. One picture consumes its own
 * random numbers only, so `rng` may be made of (seed, epoch, index).
 */
export function trainPipeline(preprocessing: Preprocessing, augmentation: Augmentation): Pipeline {
  const { channels, mean, std } = preprocessing;
  const { flip, jitter, lighting } = augmentation;
  return (picture, rng, out, at) => {
    let augmented = randomCrop(picture, preprocessing, augmentation, rng);
    if (flip > 0 && rng.float() < flip) augmented = flipHorizontally(augmented);
    if (jitter) augmented = jitterColors(augmented, jitter, rng);
    augmented = withChannels(augmented, channels);
    const shift = lighting > 0 && channels === 3 ? lightingShift(lighting, rng) : undefined;
    normaliseInto(out, at, augmented, mean, std, shift);
  };
}

/**
 * Prepares one picture as a network's input, H×W×C, as `eval` and `predict` do. Throws a `CardinalError` if it is not a
 * `Picture`, or too thin to be resized.
 */
export function preprocess(picture: Picture, preprocessing: Preprocessing): Float32Array {
  const { size, channels, mean, std } = checkPreprocessing('preprocess', preprocessing);
  const out = new Float32Array(size[0] * size[1] * channels);
  normaliseInto(out, 0, withChannels(fitPicture(picture, preprocessing), channels), mean, std);
  return out;
}

/**
 * The bytes of a picture at the input's size, before it is normalised (for previews and statistics). Throws a
 * `CardinalError` if it is not a `Picture`, or too thin to be resized.
 */
export function fitPicture(picture: Picture, preprocessing: Preprocessing): Picture {
  return fitted(requirePicture(picture), preprocessing);
}

function fitted(picture: Picture, { size, resize: shortSide, interpolation }: Preprocessing): Picture {
  const [height, width] = size;
  if (shortSide === null) return resize(picture, width, height, interpolation);
  const [w, h] = sizeOfShortSide(picture.width, picture.height, shortSide);
  if (w * h > largestPicture) {
    throw new CardinalError(
      `a picture of ${picture.width}×${picture.height} is too thin: with a short side of ${shortSide} it would be ${w}×${h}`,
    );
  }
  return centerCrop(resize(picture, w, h, interpolation), width, height);
}

function randomCrop(
  picture: Picture,
  preprocessing: Preprocessing,
  { crop }: Augmentation,
  rng: Rng,
): Picture {
  if (crop?.kind !== 'random-resized') {
    const middle = fitted(picture, preprocessing);
    return crop ? randomPadCrop(middle, crop.padding, rng) : middle;
  }
  const [height, width] = preprocessing.size;
  const region = randomResizedRegion(picture.width, picture.height, crop.scale, crop.ratio, rng);
  return resize(picture, width, height, preprocessing.interpolation, region);
}
