import { sizeOf } from '../../base/shape.ts';

/** Whether strides are those of elements one after the other, the last dimension first. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/**
 * The elements of a view in order, in bytes of their own. `bytes` begins with the view's first element and holds all that
 * the strides reach; strides are in elements of `width` bytes. No dimension is 0.
 */
export function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  width: number,
): Uint8Array {
  // Elements of 8 bytes go as pairs of 4: a number of 8 bytes would be a float, which may lose bits, or a slow bigint.
  if (width === 8) {
    const pairs = strides.map((stride) => 2 * stride);
    return gather(bytes, [...shape, 2], [...pairs, 1], 4);
  }
  const count = sizeOf(shape);
  // Wide elements are seen at multiples of their size alone.
  const input = elementsOf(bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes), width);
  const output = elementsOf(new Uint8Array(count * width), width);

  const rank = shape.length;
  const run = shape[rank - 1];
  const step = strides[rank - 1];
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < count;) {
    for (let i = 0; i < run; i++) output[to++] = input[from + i * step];
    // The next run: count up the other dimensions as an odometer does.
    for (let axis = rank - 2; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return new Uint8Array(output.buffer);
}

function elementsOf(
  { buffer, byteOffset, length }: Uint8Array,
  width: number,
): Uint8Array | Uint16Array | Uint32Array {
  if (width === 4) return new Uint32Array(buffer, byteOffset, length / 4);
  if (width === 2) return new Uint16Array(buffer, byteOffset, length / 2);
  return new Uint8Array(buffer, byteOffset, length);
}

/** Turns the bytes of every element round, in place. */
export function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  for (let begin = 0; begin < bytes.length; begin += width) {
    for (let low = begin, high = begin + width - 1; low < high; low++, high--) {
      const held = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = held;
    }
  }
  return bytes;
}
