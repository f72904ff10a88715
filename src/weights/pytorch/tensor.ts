import { CardinalError } from '../../base/errors.ts';
import { sizeOf } from '../../base/shape.ts';
import type { TensorEntry } from '../archive.ts';
import type { ByteSource } from '../byte-source.ts';
import { elementBytes, type RawTensor } from '../dtypes.ts';
import { quoted, shortened } from '../../base/quoted.ts';
import { gather, isContiguous, swapBytes } from './gather.ts';
import { requireRank } from '../tensor-name.ts';
import type { StorageRef, TensorRef } from './values.ts';

/** Where a file keeps its storages. */
export interface StorageFile {
  readonly source: ByteSource;
  /** Elements are stored with their first byte the highest. */
  readonly bigEndian: boolean;
  /** Where a storage lies. Throws a `CardinalError` if the file has none or a smaller one. */
  place(storage: StorageRef): StoragePlace;
}

export interface StoragePlace {
  /** In bytes. */
  readonly size: number;
  /** `length` of its bytes from `begin` on. Throws a `CardinalError` if they are known to be damaged. */
  read(begin: number, length: number): Promise<Uint8Array>;
}

/**
 * How large a tensor may be that repeats elements (strides of 0, overlapping windows): a few bytes of a file can ask for
 * any size. In bytes: this, or `maxExpansion` times the file, whichever is more.
 */
const freeExpansion = 65_536;
const maxExpansion = 4;

/** Checks a tensor against the storage it is a view of. Throws a `CardinalError` with the tensor's name. */
export function tensorEntry(name: string, tensor: TensorRef, file: StorageFile): TensorEntry {
  const { dtype, shape, strides } = tensor;
  const where = `${file.source.name}: tensor ${quoted(name)}`;
  requireRank(() => where, shape);
  const width = elementBytes(dtype);
  const place = file.place(tensor.storage);
  // A view of a storage counts in the storage's elements, the tensor's offset in its own.
  const offset = tensor.offset * width + tensor.storage.begin * tensor.storage.type.bytes;
  const limit = offsetLimit(tensor.storage, place);
  // Sizes may multiply to infinity, which nothing makes 0 again.
  const count = shape.includes(0) ? 0 : sizeOf(shape);
  const span = count === 0 ? 0 : shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 1);
  if (count > 0 && offset + span * width > limit) {
    throw new CardinalError(
      `${where} takes bytes ${offset} to ${offset + span * width} of a storage that has ${limit}: the file is damaged`,
    );
  }
  const most = Math.max(freeExpansion, maxExpansion * file.source.size);
  if (count > span && count * width > most) {
    throw new CardinalError(
      `${where} (${shortened(shape.join('×'))} ${dtype}) repeats its elements to ${count * width} bytes, the limit for this file is ${most}: save tensor.clone() of what it is expanded from`,
    );
  }
  const bytes = span * width;
  return {
    dtype,
    shape,
    read: async () => ({ dtype, shape, data: await readElements(tensor, offset, bytes, count, place, file) }),
  };
}

function offsetLimit(storage: StorageRef, place: StoragePlace): number {
  return Math.min(place.size, (storage.begin + storage.length) * storage.type.bytes);
}

async function readElements(
  { dtype, shape, strides }: TensorRef,
  offset: number,
  bytes: number,
  count: number,
  place: StoragePlace,
  file: StorageFile,
): Promise<RawTensor['data']> {
  if (count === 0) return new Uint8Array(0);
  const width = elementBytes(dtype);
  const spanned = await place.read(offset, bytes);
  const whole = isContiguous(shape, strides);
  const elements = whole ? spanned : gather(spanned, shape, strides, width);
  if (!file.bigEndian || width === 1) return elements;
  // What was read may be seen by others.
  return swapBytes(whole ? new Uint8Array(elements) : elements, width);
}
