import { described } from '../../base/described.ts';
import { CardinalError, messageOf, UsageError } from '../../base/errors.ts';
import { isFloats } from '../../base/floats.ts';
import { isPlain } from '../../base/options.ts';
import { quoted } from '../../base/quoted.ts';
import type { Picture } from '../dataset.ts';
import type { CheckedSample } from '../picture-source.ts';
import { requirePicture } from '../picture.ts';

/**
 * A picture in numbers, as torchvision's `ToTensor` gives them: 0 is black, 1 is white, others are allowed. Height × width × channels,
 * rows first, channels interleaved.
 */
export interface FloatPicture {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  readonly data: Float32Array;
}

/** A labelled picture of a program. */
export interface OwnSample {
  /** Pixels, as `loadPicture` gives them, or numbers. */
  readonly picture: Picture | FloatPicture;
  /** Index of its class, or the class's name. */
  readonly label: number | string;
  /** What a person can find it by. Default: where it stands, `train[17]`. */
  readonly name?: string | undefined;
}

/** A picture of numbers as others see it: with the nearest bytes, which are computed when somebody asks for them. */
export class FloatPixels implements Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly floats: Float32Array;

  constructor({ width, height, channels }: Omit<Picture, 'data'>, floats: Float32Array) {
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.floats = floats;
  }

  get data(): Uint8Array {
    // Clamps, and rounds to the nearest.
    return new Uint8Array(Uint8ClampedArray.from(this.floats, (value) => 255 * value).buffer);
  }
}

/** A sample from outside, checked. `where` names it in errors. Throws a `UsageError` if it is none, or of no class. */
export function checkSample(sample: unknown, classes: readonly string[], where: string): CheckedSample {
  if (!isPlain(sample)) {
    throw new UsageError(`${where}: expected { picture, label }, got ${described(sample)}`);
  }
  const { picture, label, name } = sample;
  if (name !== undefined && typeof name !== 'string') {
    throw new UsageError(`${where}: expected its name to be a text, got ${described(name)}`);
  }
  return { picture: checkOwnPicture(picture, where), label: checkLabel(label, classes, where), name };
}

/** The index of a label's class. Throws a `UsageError` if there is none. */
export function checkLabel(label: unknown, classes: readonly string[], where: string): number {
  const index = typeof label === 'string' ? classes.indexOf(label) : label;
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < classes.length) {
    return index;
  }
  const names = classes.slice(0, 3).map(quoted).join(', ') + (classes.length > 3 ? ', …' : '');
  throw new UsageError(
    `${where}: expected its label to be a whole number below ${classes.length}, or the name of a class (${names}), got ${described(label)}`,
  );
}

/** Pixels or numbers from outside, checked. Throws a `UsageError` that names the picture. */
export function checkOwnPicture(picture: unknown, where: string): Picture {
  if (typeof picture !== 'object' || picture === null || !('data' in picture) || !isFloats(picture.data)) {
    return checkBytes(picture, where);
  }
  const { data } = picture;
  // Sizes are checked as those of a picture of as many bytes.
  const sizes = checkBytes({ ...picture, data: new Uint8Array(data.length) }, where);
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return new FloatPixels(sizes, data);
  // One would spoil all weights.
  throw new UsageError(`${where}: expected finite numbers, got ${String(data[at])} as number ${at}`);
}

/** A picture of bytes from outside, checked. */
export function checkBytes(picture: unknown, where: string): Picture {
  try {
    return requirePicture(picture);
  } catch (error) {
    if (!(error instanceof CardinalError)) throw error;
    throw new UsageError(`${where}: ${messageOf(error)}`);
  }
}
