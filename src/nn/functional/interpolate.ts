import { CardinalError } from '../../base/errors.ts';
import { anything, checkOptions, flag, oneOf } from '../../base/options.ts';
import type { Pair } from '../../graph/op-table.ts';
import { formatShape, type Value } from '../../graph/value.ts';
import { described } from '../../base/described.ts';
import { pair, type Size } from '../arguments.ts';
import { record, valuesOf, type Operand } from './operand.ts';

/** Options of `interpolate` and `Upsample`: one of `size` and `scaleFactor`. */
export interface InterpolateOptions {
  /** [P, Q], or a number for both. */
  readonly size?: Size;
  /** What the picture's size is multiplied by and then rounded down; [vertical, horizontal], or a number for both. */
  readonly scaleFactor?: number | Pair;
  /** The nearest pixel, PyTorch's default, or a mean of the four around. */
  readonly mode?: 'nearest' | 'bilinear';
  /** Whether the centres of corner pixels lie on each other; only bilinear. */
  readonly alignCorners?: boolean;
}

/**
 * A picture of another size, N×C×H×W → N×C×P×Q, as `torch.nn.functional.interpolate` has it. A factor is taken as it is given to find the
 * places of pixels, even where P is no multiple of H. Throws a `CardinalError` unless the options fit.
 */
export function interpolate(x: Operand, options: InterpolateOptions): Value {
  const { mode = 'nearest', alignCorners = false } = checkInterpolate('interpolate', options);
  const [value] = valuesOf('interpolate', [x]);
  if (value.shape.length !== 4) {
    throw new CardinalError(`interpolate: expected a picture N×C×H×W, got ${formatShape(value.shape)}`);
  }
  const size: Pair = [value.shape[2], value.shape[3]];
  const { outputSize, scale } = resized(options, size);
  const aligned = outputSize.map((one, axis) => (one > 1 ? (size[axis] - 1) / (one - 1) : 0));
  return record('interpolate', [value], 'interpolate', {
    ...{ mode, outputSize, alignCorners },
    scale: alignCorners ? [aligned[0], aligned[1]] : scale,
  });
}

/** Throws a `CardinalError` unless exactly one of size and factor is given, of the right kind, and corners may be aligned. */
export function checkInterpolate(name: string, options: InterpolateOptions | undefined): InterpolateOptions {
  checkOptions(name, options, {
    ...{ size: anything, scaleFactor: anything },
    ...{ mode: oneOf('nearest', 'bilinear'), alignCorners: flag },
  });
  // A caller in plain JavaScript may give none.
  const given = options ?? {};
  const { size, scaleFactor, mode, alignCorners } = given;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new CardinalError(`${name}: expected either size or scaleFactor, got ${size ? 'both' : 'neither'}`);
  }
  if (size !== undefined) pair(name, 'size', size, 1);
  if (scaleFactor !== undefined) factors(name, scaleFactor);
  if (alignCorners === true && mode !== 'bilinear') {
    throw new CardinalError(
      `${name}: expected alignCorners only with mode 'bilinear', got '${mode ?? 'nearest'}'`,
    );
  }
  return given;
}

function factors(name: string, given: number | Pair): Pair {
  const both: unknown = typeof given === 'number' ? [given, given] : given;
  if (Array.isArray(both) && both.length === 2 && both.every((one) => Number.isFinite(one) && one > 0)) {
    return [Number(both[0]), Number(both[1])];
  }
  throw new CardinalError(
    `${name}: expected scaleFactor to be a number above 0 or [vertical, horizontal], got ${described(given)}`,
  );
}

function resized(
  { size, scaleFactor }: InterpolateOptions,
  [h, w]: Pair,
): { readonly outputSize: Pair; readonly scale: Pair } {
  if (size !== undefined) {
    const outputSize = pair('interpolate', 'size', size, 1);
    return { outputSize, scale: [h / outputSize[0], w / outputSize[1]] };
  }
  const [vertical, horizontal] = factors('interpolate', scaleFactor ?? 1);
  const outputSize: Pair = [Math.floor(h * vertical), Math.floor(w * horizontal)];
  return { outputSize, scale: [1 / vertical, 1 / horizontal] };
}
