import type { TensorData } from '../base/tensor-data.ts';

/** How one element type of a safetensors file becomes ours: floats as F32, everything else as I64. */
interface DtypeReader {
  readonly bytes: number;
  /** `raw` begins at an address that is a multiple of 8, holds exactly the elements, and may be kept. */
  read(raw: ArrayBuffer, shape: readonly number[]): TensorData;
}

/**
 * The element types that can be read. F64 is rounded to F32; F16 and BF16 and every integer are exact. Not here, because
 * nothing that is worth reading uses them: U64 and the 8-bit floats.
 */
export const dtypes: Readonly<Record<string, DtypeReader | undefined>> = {
  F32: { bytes: 4, read: (raw, shape) => ({ dtype: 'F32', shape, data: new Float32Array(raw) }) },
  F64: { bytes: 8, read: (raw, shape) => floats(shape, Float32Array.from(new Float64Array(raw))) },
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
