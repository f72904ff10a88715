import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { bytes, checkKind } from '../base/options.ts';
import { isShape, isTensor, type TensorData } from '../base/tensor-data.ts';

/** A tensor as files hold it: contiguous, in PyTorch's order, little-endian. */
export interface RawTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Element types that are read, by safetensors' names. Of others (U64, complex numbers, small floats) no network is made. */
export type Dtype =
  'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U32' | 'I16' | 'U16' | 'I8' | 'U8' | 'BOOL';

/** What an element type takes, and how it becomes ours: floats as F32, everything else as I64. */
interface DtypeReader {
  readonly bytes: number;
  /** `raw` begins at an address that is a multiple of 8, holds exactly the elements, and may be kept. */
  read(raw: ArrayBuffer, shape: readonly number[]): TensorData;
}

/** F64 is rounded to F32; F16 and BF16 and every integer are exact. */
const readers: Readonly<Record<Dtype, DtypeReader>> = {
  F32: { bytes: 4, read: (raw, shape) => floats(shape, new Float32Array(raw)) },
  F64: { bytes: 8, read: (raw, shape) => floats(shape, new Float32Array(new Float64Array(raw))) },
  F16: { bytes: 2, read: (raw, shape) => floats(shape, Float32Array.from(new Uint16Array(raw), fromHalf)) },
  BF16: { bytes: 2, read: (raw, shape) => floats(shape, fromBrain(new Uint16Array(raw))) },
  I64: { bytes: 8, read: (raw, shape) => ({ dtype: 'I64', shape, data: new BigInt64Array(raw) }) },
  I32: { bytes: 4, read: (raw, shape) => integers(shape, new Int32Array(raw)) },
  U32: { bytes: 4, read: (raw, shape) => integers(shape, new Uint32Array(raw)) },
  I16: { bytes: 2, read: (raw, shape) => integers(shape, new Int16Array(raw)) },
  U16: { bytes: 2, read: (raw, shape) => integers(shape, new Uint16Array(raw)) },
  I8: { bytes: 1, read: (raw, shape) => integers(shape, new Int8Array(raw)) },
  U8: { bytes: 1, read: (raw, shape) => integers(shape, new Uint8Array(raw)) },
  BOOL: { bytes: 1, read: (raw, shape) => integers(shape, new Uint8Array(raw)) },
};

/** The types that can be read, as messages list them. */
export const dtypeNames = Object.keys(readers) as readonly Dtype[];

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(readers, name);
}

/** Bytes of one element. */
export function elementBytes(dtype: Dtype): number {
  return readers[dtype].bytes;
}

/** The numbers of a file's tensor: floats as F32 (F64 rounded), integers and booleans as I64. `raw` may be kept. */
export function decodeTensor(raw: RawTensor): TensorData {
  checkRaw('decodeTensor', raw);
  const { dtype, shape, data } = raw;
  const { buffer, byteOffset, length } = data;
  // Without a copy where the elements have a buffer of their own, as what is read from a disk has.
  const own = byteOffset === 0 && buffer.byteLength === length && buffer instanceof ArrayBuffer;
  return readers[dtype].read(own ? buffer : new Uint8Array(data).buffer, shape);
}

/** Throws a `UsageError` unless it is a tensor with as many bytes as its shape and type say. */
export function checkRaw(what: string, raw: unknown): void {
  const { dtype, shape, data }: Partial<Record<string, unknown>> = { ...(raw as object | undefined) };
  if (typeof dtype !== 'string' || !isDtype(dtype) || !isShape(shape)) {
    throw new UsageError(
      `${what}: expected a tensor { dtype, shape, data }, dtype one of ${dtypeNames.join(', ')}, got ${described(raw)}`,
    );
  }
  checkKind(what, 'data', data, bytes);
  const expected = shape.reduce((product, size) => product * size, elementBytes(dtype));
  const { length } = data as Uint8Array;
  if (length !== expected) {
    throw new UsageError(
      `${what}: expected ${expected} bytes for ${shape.join('×')} ${dtype}, got ${length}`,
    );
  }
}

/** The bytes of a tensor, a view of its numbers. */
export function encodeTensor(tensor: TensorData): RawTensor {
  checkKind('encodeTensor', 'the tensor', tensor, {
    expected: "{ dtype: 'F32' or 'I64', shape, data: as many numbers as its shape says }",
    is: isTensor,
  });
  const { dtype, shape, data } = tensor;
  return { dtype, shape, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

function floats(shape: readonly number[], data: Float32Array): TensorData {
  return { dtype: 'F32', shape, data };
}

function integers(shape: readonly number[], data: ArrayLike<number>): TensorData {
  return { dtype: 'I64', shape, data: BigInt64Array.from(data, BigInt) };
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** BF16 is the upper half of a binary32. */
function fromBrain(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (value) => value << 16).buffer);
}
