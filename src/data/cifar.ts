import { CardinalError } from '../base/errors.ts';

/**
 * The binary version of CIFAR (https://www.cs.toronto.edu/~kriz/cifar.html): records of one label byte (CIFAR-10) or a
 * coarse and a fine label byte (CIFAR-100), then 3,072 bytes of pixels, planes R, G, B of 32×32, rows first.
 */
export interface CifarFormat {
  readonly kind: 'cifar10' | 'cifar100';
  readonly labelBytes: 1 | 2;
  readonly recordBytes: number;
  readonly classes: number;
}

export const cifarFormats = {
  cifar10: { kind: 'cifar10', labelBytes: 1, recordBytes: 3073, classes: 10 },
  cifar100: { kind: 'cifar100', labelBytes: 2, recordBytes: 3074, classes: 100 },
} as const satisfies Record<string, CifarFormat>;

/** CIFAR-10's names, in the order of `batches.meta.txt`. */
export const cifar10Classes: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/** The real ones have 30 and 150 MB. */
const mostBytes = 2 ** 31;

/** Throws a `CardinalError` for a file that is empty, ends within a record or is far larger than any. */
export function requireCifarSize(size: number, file: string, { recordBytes }: CifarFormat): void {
  const rest = size % recordBytes;
  if (size === 0) throw new CardinalError(`${file} is empty: expected records of ${recordBytes} bytes`);
  if (size > mostBytes) {
    throw new CardinalError(`${file} has ${size} bytes, expected at most ${mostBytes} of records`);
  }
  if (rest !== 0) {
    throw new CardinalError(
      `${file} is truncated: expected records of ${recordBytes} bytes, record ${Math.floor(size / recordBytes)} has ${rest}`,
    );
  }
}

/**
 * The (fine) labels of a file's records; `file` names it in errors.
 *
 * @throws CardinalError as `requireCifarSize` does, and for a label out of range
 */
export function cifarLabels(bytes: Uint8Array, file: string, format: CifarFormat): Int32Array {
  const { labelBytes, recordBytes } = format;
  requireCifarSize(bytes.length, file, format);
  const count = bytes.length / recordBytes;
  return requireLabels(
    Int32Array.from({ length: count }, (_, record) => bytes[record * recordBytes + labelBytes - 1]),
    file,
    format,
  );
}

/** Throws a `CardinalError` for a label out of range, else gives the labels. */
export function requireLabels(labels: Int32Array, file: string, { classes }: CifarFormat): Int32Array {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong < 0) return labels;
  throw new CardinalError(
    `${file}, record ${wrong}: expected a label from 0 to ${classes - 1}, got ${labels[wrong]}`,
  );
}
