import { CardinalError } from '../../base/errors.ts';
import { asText } from './arguments.ts';
import { NumpyType, PyObject, type Value } from './values.ts';

/** `numpy.dtype('f8', False, True)`: a kind and the bytes of a number. */
export function numpyType([code]: readonly Value[]): NumpyType {
  return new NumpyType(asText(code));
}

/** `numpy.core.multiarray.scalar(dtype, bytes)`: one number, as metrics in checkpoints often are; dates, say, are objects. */
export function numpyScalar([type, bytes]: readonly Value[], source: string): Value {
  const code = type instanceof NumpyType ? type.code : '';
  const reader = readers.get(code);
  if (reader === undefined || !(type instanceof NumpyType)) return new PyObject(`numpy scalar ${code}`, []);
  if (!(bytes instanceof Uint8Array) || bytes.length !== Number(code.slice(1))) {
    throw new CardinalError(`${source}: the pickle is damaged: a numpy scalar's bytes do not fit its type`);
  }
  return reader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), !type.bigEndian);
}

const readers: ReadonlyMap<string, (view: DataView, littleEndian: boolean) => Value> = new Map<
  string,
  (view: DataView, littleEndian: boolean) => Value
>([
  ['f8', (view, little) => view.getFloat64(0, little)],
  ['f4', (view, little) => view.getFloat32(0, little)],
  ['i8', (view, little) => view.getBigInt64(0, little)],
  ['u8', (view, little) => view.getBigUint64(0, little)],
  ['i4', (view, little) => view.getInt32(0, little)],
  ['u4', (view, little) => view.getUint32(0, little)],
  ['i2', (view, little) => view.getInt16(0, little)],
  ['u2', (view, little) => view.getUint16(0, little)],
  ['i1', (view) => view.getInt8(0)],
  ['u1', (view) => view.getUint8(0)],
  ['b1', (view) => view.getUint8(0) !== 0],
]);
