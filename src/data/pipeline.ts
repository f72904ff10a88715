import { CardinalError } from '../base/errors.ts';
import type { Rng } from '../base/rng.ts';
import type { Picture } from './dataset.ts';
import { requirePicture } from './picture.ts';
import { applyPolicy } from './policies.ts';
import { checkPreprocessing, type Augmentation, type Preprocessing } from './preprocessing.ts';
import { centerCrop, centerStart } from './transforms/center-crop.ts';
import { eraseInto } from './transforms/erase.ts';
import { flipHorizontally } from './transforms/flip.ts';
import { withChannels } from './transforms/grey.ts';
import { jitterColors } from './transforms/jitter.ts';
import { lightingShift } from './transforms/lighting.ts';
import { normaliseInto } from './transforms/normalise.ts';
import { randomPadCrop } from './transforms/pad-crop.ts';
import { randomResizedRegion } from './transforms/random-resized-crop.ts';
import { wholeOf, type Region } from './transforms/region.ts';
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
 * Crop, flip, policy, colour jitter, lighting, normalise, erase, in the order of torchvision's and timm's recipes. One picture consumes its own
 * random numbers only, so `rng` may be made of (seed, epoch, index).
 */
export function trainPipeline(preprocessing: Preprocessing, augmentation: Augmentation): Pipeline {
  const { channels, size, mean, std } = preprocessing;
  const { flip, jitter, lighting, policy, erase } = augmentation;
  return (picture, rng, out, at) => {
    let augmented = randomCrop(picture, preprocessing, augmentation, rng);
    if (flip > 0 && rng.float() < flip) augmented = flipHorizontally(augmented);
    if (policy) augmented = applyPolicy(augmented, policy, mean, rng);
    if (jitter) augmented = jitterColors(augmented, jitter, rng);
    augmented = withChannels(augmented, channels);
    const shift = lighting > 0 && channels === 3 ? lightingShift(lighting, rng) : undefined;
    normaliseInto(out, at, augmented, mean, std, shift);
    if (erase) eraseInto(out, at, size, channels, erase, rng);
  };
}

/**
 * Prepares one picture as a network's input, H×W×C, as `eval` and `predict` do. Throws a `CardinalError` if it is not a
 * `Picture`, or too thin to be resized.
 */
export function preprocess(picture: Picture, preprocessing: Preprocessing): Float32Array {
  const checked = checkPreprocessing('preprocess', preprocessing);
  return inputOf(requirePicture(picture), checked);
}

/** The same of what is known to be a picture and a preprocessing. Throws a `CardinalError` if the picture is too thin to be resized. */
export function inputOf(picture: Picture, preprocessing: Preprocessing): Float32Array {
  const { size, channels, mean, std } = preprocessing;
  const out = new Float32Array(size[0] * size[1] * channels);
  normaliseInto(out, 0, withChannels(fitted(picture, preprocessing), channels), mean, std);
  return out;
}

/** Pixels of a picture when it is resized for a network. */
export function resizedPixels(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  { size, resize: shortSide }: Preprocessing,
): number {
  const [w, h] = shortSide === null ? size : sizeOfShortSide(width, height, shortSide);
  return w * h;
}

/**
 * The bytes of a picture at the input's size, before it is normalised (for previews and statistics). Throws a
 * `CardinalError` if it is not a `Picture`, or too thin to be resized.
 */
export function fitPicture(picture: Picture, preprocessing: Preprocessing): Picture {
  return fitted(requirePicture(picture), preprocessing);
}

/**
 * The part of a picture that `preprocess` makes a network's input of, in the picture's pixels: not whole ones, and reaching beyond the
 * picture where that is padded.
 */
export function regionSeen(
  picture: Pick<Picture, 'width' | 'height'>,
  { size, resize: shortSide }: Preprocessing,
): Region {
  if (shortSide === null) return wholeOf(picture);
  const [height, width] = size;
  const [w, h] = sizeOfShortSide(picture.width, picture.height, shortSide);
  const across = picture.width / w;
  const down = picture.height / h;
  return {
    left: centerStart(w, width) * across,
    top: centerStart(h, height) * down,
    width: width * across,
    height: height * down,
  };
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
  { crop, interpolation: asked }: Augmentation,
  rng: Rng,
): Picture {
  if (crop?.kind !== 'random-resized') {
    const middle = fitted(picture, preprocessing);
    return crop ? randomPadCrop(middle, crop.padding, rng) : middle;
  }
  const [height, width] = preprocessing.size;
  const region = randomResizedRegion(picture.width, picture.height, crop.scale, crop.ratio, rng);
  const drawn = asked === 'random' ? (rng.float() < 0.5 ? 'bilinear' : 'bicubic') : asked;
  return resize(picture, width, height, drawn ?? preprocessing.interpolation, region);
}
