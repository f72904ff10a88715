import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { quoted, shortened } from '../base/quoted.ts';
import { validate } from '../base/validate.ts';
import type { Unreadable } from './archive.ts';
import { elementBytes, isDtype, type Dtype } from './dtypes.ts';
import { countKeys, repeatedKey } from './json-keys.ts';
import { requireRank, requireTensorName } from './tensor-name.ts';

/** A tensor of a safetensors file: its elements are bytes `begin` to `end` of the data that follow the header. */
export interface SafetensorsInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The header of a file, checked against the file's size. */
export interface SafetensorsHeader {
  /** In the order of their elements. */
  readonly tensors: readonly SafetensorsInfo[];
  /** Those of types that are not read. */
  readonly unreadable: ReadonlyMap<string, Unreadable>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes before the header: its length, unsigned, little-endian. */
export const lengthBytes = 8;

/** The limit of the reference implementation: no honest header is larger, and a random number usually is. */
const maxHeaderBytes = 100_000_000;

const size = z.int().check(z.nonnegative());
const tensorInfo = z.strictObject({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});
type TensorFields = z.infer<typeof tensorInfo>;

/** A tensor's name may be any, but for this one. */
const metadataKey = '__metadata__';

/** Bits of an element of the types that are not read. Types that come later are not checked so closely. */
const unreadableBits: ReadonlyMap<string, number> = new Map([
  ...(['U64', 'C64'] as const).map((name): [string, number] => [name, 64]),
  ...['F8_E4M3', 'F8_E5M2', 'F8_E8M0', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'].map((name): [string, number] => [
    name,
    8,
  ]),
  ...['F6_E2M3', 'F6_E3M2'].map((name): [string, number] => [name, 6]),
  ['F4', 4],
]);

/** How many of a file's first bytes `headerEnd` wants to see. */
export const prefixBytes = 512;

/** Whether a file may be one by its first bytes: a header's length, of which the upper bytes are zero, and the JSON that it begins with. */
export function maybeSafetensors(prefix: Uint8Array): boolean {
  const begun = prefix.length > 0 && prefix.subarray(4, 8).every((byte) => byte === 0);
  return begun && (prefix.length <= 8 || prefix[8] === 0x7b);
}

/** Where the header ends. `prefix` are the file's first bytes, `prefixBytes` if it has so many; `fileBytes` its size. */
export function headerEnd(prefix: Uint8Array, fileBytes: number, source: string): number {
  const refuse = (reason: string): never => {
    throw new CardinalError(`${source} ${reason}`);
  };
  if (prefix.length < lengthBytes) {
    return refuse(`is not a safetensors file: ${fileBytes} bytes, expected at least ${lengthBytes}`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    return refuse(
      `is not a safetensors file: its header would be ${length.toString()} bytes, the limit is ${maxHeaderBytes}`,
    );
  }
  const end = lengthBytes + Number(length);
  if (end > fileBytes) {
    return refuse(
      `is truncated or not a safetensors file: its header should end at byte ${end}, the file at ${fileBytes}: get it anew`,
    );
  }
  return end;
}

/**
 * Parses a header's JSON and checks it as the reference implementation does, and for keys that stand twice, which the format
 * forbids and parsers pass over: known types, sizes that fit the shapes, and tensors that cover all of the `dataBytes` behind
 * it without overlap or gap. Throws a `CardinalError` that begins with `source`.
 */
export function parseHeader(json: Uint8Array, dataBytes: number, source: string): SafetensorsHeader {
  const what = `${source}: the header`;
  const fields = parseObject(json, what);
  const names = Object.keys(fields);
  const found: Listed[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const name of names) {
    if (name === metadataKey) metadata = checkMetadata(fields[name], `${what}: ${metadataKey}`);
    else found.push(checkTensor(name, fields[name], source));
  }
  const { counts, plainNumbers } = countKeys(json);
  const [, outer, inner = 0] = counts;
  if (outer !== names.length || inner !== tensorFields.length * found.length + metadata.size) {
    throw new CardinalError(
      `${what} has ${quoted(repeatedKey(json) ?? '')} twice, and programs differ in which one they take: save the weights anew`,
    );
  }
  if (!plainNumbers) {
    throw new CardinalError(`${what} has numbers with signs, fractions or exponents, expected whole ones`);
  }
  const promised = found.reduce((most, { end }) => Math.max(most, end), 0);
  if (promised > dataBytes) {
    throw new CardinalError(
      `${source} is truncated: its header promises ${promised} bytes of tensors, the file has ${dataBytes}: the download was cut short, get it anew`,
    );
  }
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of found) {
    if (begin !== covered) {
      throw new CardinalError(
        `${source}: tensor ${quoted(name)} begins at byte ${begin} of the data, expected ${covered}: ${begin < covered ? 'tensors overlap' : 'there is a gap'}`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new CardinalError(
      `${source}: ${dataBytes - covered} bytes after the last tensor belong to none: the file is damaged`,
    );
  }
  const tensors = found.filter((tensor): tensor is SafetensorsInfo => isDtype(tensor.dtype));
  const unreadable = found
    .filter(({ dtype }) => !isDtype(dtype))
    .map(({ name, dtype, shape }): [string, Unreadable] => [name, { type: dtype, shape }]);
  return { tensors, unreadable: new Map(unreadable), metadata };
}

/** A tensor of any type. */
interface Listed extends Omit<SafetensorsInfo, 'dtype'> {
  readonly dtype: string;
}

function parseObject(json: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  const text = decode(json, what);
  if (json[0] !== 0x7b) throw new CardinalError(`${what} is not JSON that begins with {`);
  try {
    // Of what begins with a brace only an object can come.
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new CardinalError(`${what} is not JSON`);
  }
}

/** Texts by name; some writers have null where there is nothing to say. */
function checkMetadata(field: unknown, what: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (field === null) return found;
  const entries = typeof field === 'object' && !Array.isArray(field) ? Object.entries(field) : undefined;
  if (entries === undefined) throw new CardinalError(`${what}: expected an object of texts`);
  for (const [key, value] of entries as [string, unknown][]) {
    if (typeof value !== 'string') throw new CardinalError(`${what}: ${shortened(key)}: expected text`);
    found.set(key, value);
  }
  return found;
}

const tensorFields = ['dtype', 'shape', 'data_offsets'] as const;

/** The same as `tensorInfo` says, quickly: there may be a million of them. */
function isTensorInfo(field: unknown): field is TensorFields {
  if (typeof field !== 'object' || field === null) return false;
  const { dtype, shape, data_offsets: offsets } = field as Partial<Record<string, unknown>>;
  return (
    Object.keys(field).length === tensorFields.length &&
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.every(isSize) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isSize)
  );
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkTensor(name: string, field: unknown, source: string): Listed {
  // Of a million tensors none is named, as a rule: a name takes more to be shown than all that is checked of it.
  const where = (): string => `${source}: tensor ${quoted(name)}`;
  requireTensorName(name, source);
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = isTensorInfo(field) ? field : validate(tensorInfo, field, where());
  requireRank(where, shape);
  const [begin, end] = offsets;
  if (end < begin) throw new CardinalError(`${where()}: its end (${end}) lies before its begin (${begin})`);
  const bits = isDtype(dtype) ? 8 * elementBytes(dtype) : unreadableBits.get(dtype);
  if (bits !== undefined) {
    const expected = shape.reduce((product, length) => product * length, bits) / 8;
    if (end - begin !== expected) {
      const sizes = shape.length === 0 ? 'scalar' : shortened(shape.join('×'));
      // Infinity, and zero times that.
      const takes = Number.isFinite(expected) ? String(expected) : 'uncountable';
      throw new CardinalError(
        `${where()} is ${sizes} ${dtype}, which takes ${takes} bytes, but has ${end - begin}`,
      );
    }
  }
  return { name, dtype, shape, begin, end };
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CardinalError(`${what} is not UTF-8 text`);
  }
}
