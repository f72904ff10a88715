import { described } from '../../base/described.ts';
import { UsageError } from '../../base/errors.ts';
import { isFloats } from '../../base/floats.ts';
import { isPlain, wholeFrom } from '../../base/options.ts';
import { isUint8Array } from '../picture-forms.ts';
import type { KeptPictures } from './kept-pictures.ts';
import { checkLabel, checkOwnPicture } from './own-samples.ts';

/** Pictures and labels as a tensor, in PyTorch's order. */
export interface OwnTensor {
  /** [N, C, H, W]: C is 1 (grey) or 3 (RGB). */
  readonly shape: readonly number[];
  /** Numbers, which go into the network as they are unless a preprocessing says otherwise; or bytes. */
  readonly data: Float32Array | Uint8Array;
  /** Class of each picture: an index or a name. */
  readonly labels: ArrayLike<number | string>;
}

/** Whether it is meant as a tensor. */
export function isTensor(given: unknown): given is Partial<Record<keyof OwnTensor, unknown>> {
  return isPlain(given) && 'shape' in given;
}

/** Adds the pictures of a tensor. Throws a `UsageError` if it is none, or not one label for each. */
export function addTensor(
  kept: KeptPictures,
  name: string,
  { shape, data, labels }: Partial<Record<keyof OwnTensor, unknown>>,
  classes: readonly string[],
): void {
  const where = `ownData: ${name}`;
  if (!Array.isArray(shape) || shape.length !== 4 || !shape.every((size) => wholeFrom(1).is(size))) {
    throw new UsageError(`${where}: expected a shape [N, C, H, W], got ${described(shape)}`);
  }
  const [count, channels, height, width] = shape as readonly number[];
  const size = channels * height * width;
  if (!(isFloats(data) || isUint8Array(data)) || data.length !== count * size) {
    const got = isFloats(data) || isUint8Array(data) ? data.length : described(data);
    throw new UsageError(
      `${where}: expected data to be a Float32Array or Uint8Array of ${shape.join('×')} = ${count * size} numbers, got ${got}`,
    );
  }
  if (!Array.isArray(labels) && !ArrayBuffer.isView(labels)) {
    throw new UsageError(`${where}: expected labels to be an array, got ${described(labels)}`);
  }
  const all = Array.from(labels as ArrayLike<unknown>);
  if (all.length !== count) {
    throw new UsageError(`${where}: expected ${count} labels, one for each picture, got ${all.length}`);
  }
  const plane = height * width;
  for (const [n, label] of all.entries()) {
    const planes = data.subarray(n * size, (n + 1) * size);
    const interleaved = planes.slice();
    for (let at = 0; at < size; at++)
      interleaved[(at % plane) * channels + Math.floor(at / plane)] = planes[at];
    const at = `${where}[${n}]`;
    const picture = checkOwnPicture({ width, height, channels, data: interleaved }, at);
    kept.add({ picture, label: checkLabel(label, classes, at), name: undefined });
  }
}
