import { CardinalError } from '../base/errors.ts';
import { sizeOf } from '../base/shape.ts';

/**
 * The IDX format of the MNIST family: big-endian magic `0x0000 08 rank` (08: unsigned bytes), one 32-bit size per
 * dimension, then the bytes, last dimension fastest (http://yann.lecun.com/exdb/mnist, "file formats").
 */
export interface IdxHeader {
  readonly shape: readonly number[];
  /** Of the header itself. */
  readonly bytes: number;
  /** Of what follows it, in bytes. */
  readonly size: number;
}

/**
 * Reads the header of an (already unzipped) IDX file of unsigned bytes, of which `first` are the first ones. `file` names it in
 * errors.
 *
 * @throws CardinalError if it is cut short or has a wrong magic number
 */
export function parseIdxHeader(first: Uint8Array, file: string, rank: 1 | 3): IdxHeader {
  const expected = 0x0800 + rank;
  const bytes = 4 + 4 * rank;
  if (first.byteLength < bytes) {
    throw new CardinalError(
      `${file} is truncated: an IDX header of rank ${rank} has ${bytes} bytes, the file has ${first.byteLength}`,
    );
  }
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  const magic = view.getUint32(0);
  if (magic !== expected) {
    throw new CardinalError(
      `${file} is no IDX file of ${rank === 1 ? 'labels' : 'images'}: expected the magic number ${hex(expected)}, got ${hex(magic)}`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  return { shape, bytes, size: sizeOf(shape) };
}

/** Throws a `CardinalError` unless a file of `fileBytes` has the size that its header gives. */
export function requireIdxSize({ shape, bytes, size }: IdxHeader, fileBytes: number, file: string): void {
  const got = fileBytes - bytes;
  if (got === size) return;
  throw new CardinalError(
    `${file} ${got < size ? 'is truncated' : 'has bytes to spare'}: its header says ${shape.join('×')} = ${size} bytes of data, the file has ${got}`,
  );
}

/**
 * An (already unzipped) IDX file in memory: what its header says, and the bytes behind it. Throws as the two above do.
 *
 * @internal for scripts.
 */
export function parseIdx(
  bytes: Uint8Array,
  file: string,
  rank: 1 | 3,
): { readonly shape: readonly number[]; readonly data: Uint8Array } {
  const header = parseIdxHeader(bytes, file, rank);
  requireIdxSize(header, bytes.length, file);
  return { shape: header.shape, data: bytes.subarray(header.bytes) };
}

/** An IDX file of unsigned bytes, as the files of the MNIST family are. @internal for scripts and tests. */
export function encodeIdx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  shape.forEach((extent, axis) => {
    view.setUint32(4 + 4 * axis, extent);
  });
  bytes.set(data, headerBytes);
  return bytes;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
