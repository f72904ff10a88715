import { CardinalError } from '../base/errors.ts';

/**
 * The IDX format of the MNIST family: big-endian magic `0x0000 08 rank` (08: unsigned bytes), one 32-bit size per
 * dimension, then the bytes, last dimension fastest (http://yann.lecun.com/exdb/mnist, "file formats").
 */
export interface IdxArray {
  readonly shape: readonly number[];
  /** A view of the bytes that were given, without the header. */
  readonly data: Uint8Array;
}

/**
 * Reads an (already unzipped) IDX file of unsigned bytes. `file` names it in errors.
 *
 * @throws CardinalError for a wrong magic number or a size that does not fit the header
 */
export function parseIdx(bytes: Uint8Array, file: string, rank: 1 | 3): IdxArray {
  const expected = 0x0800 + rank;
  const headerBytes = 4 + 4 * rank;
  if (bytes.byteLength < headerBytes) {
    throw new CardinalError(
      `${file} is truncated: an IDX header of rank ${rank} has ${headerBytes} bytes, the file has ${bytes.byteLength}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic !== expected) {
    throw new CardinalError(
      `${file} is no IDX file of ${rank === 1 ? 'labels' : 'images'}: expected the magic number ${hex(expected)}, got ${hex(magic)}`,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, extent) => product * extent, 1);
  const got = bytes.byteLength - headerBytes;
  if (got !== size) {
    throw new CardinalError(
      `${file} ${got < size ? 'is truncated' : 'has bytes to spare'}: its header says ${shape.join('×')} = ${size} bytes of data, the file has ${got}`,
    );
  }
  return { shape, data: bytes.subarray(headerBytes) };
}

/** Bytes of a whole IDX file of unsigned bytes, by its beginning; undefined if it is none. */
export function idxBytes(head: Uint8Array): number | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const rank = head.at(3) ?? 0;
  const headerBytes = 4 + 4 * rank;
  if (rank === 0 || head.length < headerBytes || view.getUint32(0) !== 0x0800 + rank) return undefined;
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  return headerBytes + shape.reduce((product, extent) => product * extent, 1);
}

/** An IDX file of unsigned bytes, the inverse of `parseIdx`. */
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
