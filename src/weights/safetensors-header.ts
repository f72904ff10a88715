import { z } from 'zod';
import { CardinalError } from '../base/errors.ts';
import { quoted, shortened } from '../base/quoted.ts';
import { parseJson, validate } from '../base/validate.ts';
import { dtypeNames, elementBytes, isDtype, type Dtype } from './dtypes.ts';

/** A tensor of a safetensors file: its elements are bytes `begin` to `end` of the data that follow the header. */
export interface SafetensorsInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header of a file says, checked against the file's size. */
export interface SafetensorsHeader {
  /** In the order of their elements. */
  readonly tensors: readonly SafetensorsInfo[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Bytes before the header: its length, unsigned, little-endian. */
export const lengthBytes = 8;

/** The limit of the reference implementation: no honest header is larger, and a random number usually is. */
const maxHeaderBytes = 100_000_000;

const size = z.int().nonnegative();
const tensorInfo = z.strictObject({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});
const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());

/** Where the header ends. `prefix` are the file's first bytes, at most `lengthBytes`; `fileBytes` its size. */
export function headerEnd(prefix: Uint8Array, fileBytes: number, source: string): number {
  if (prefix.length < lengthBytes) {
    throw new CardinalError(
      `${source} is not a safetensors file: ${fileBytes} bytes, expected at least ${lengthBytes}`,
    );
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw new CardinalError(
      `${source} is not a safetensors file: its header would be ${length.toString()} bytes, the limit is ${maxHeaderBytes}`,
    );
  }
  const end = lengthBytes + Number(length);
  if (end > fileBytes) {
    throw new CardinalError(
      `${source} is truncated or not a safetensors file: its header should end at byte ${end}, the file at ${fileBytes}`,
    );
  }
  return end;
}

/**
 * Parses a header's JSON and checks it: known types, sizes that fit the shapes, and tensors that cover all of the
 * `dataBytes` behind it without overlap or gap. Throws a `CardinalError` that begins with `source`.
 */
export function parseHeader(json: Uint8Array, dataBytes: number, source: string): SafetensorsHeader {
  const what = `${source}: the header`;
  const fields = parseJson(headerSchema, decode(json, what), what);
  const tensors: SafetensorsInfo[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (name === '__metadata__') metadata = validate(metadataSchema, field, `${what}: __metadata__`);
    else tensors.push(checkTensor(name, field, dataBytes, source));
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of tensors) {
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
  return { tensors, metadata: new Map(Object.entries(metadata)) };
}

function checkTensor(name: string, field: unknown, dataBytes: number, source: string): SafetensorsInfo {
  const where = `${source}: tensor ${quoted(name)}`;
  const { dtype, shape, data_offsets: offsets } = validate(tensorInfo, field, where);
  const [begin, end] = offsets;
  if (!isDtype(dtype)) {
    throw new CardinalError(
      `${where} has dtype ${shortened(dtype)}; readable are ${dtypeNames.join(', ')}: convert it first`,
    );
  }
  if (end < begin) throw new CardinalError(`${where}: its end (${end}) lies before its begin (${begin})`);
  if (end > dataBytes) {
    throw new CardinalError(
      `${where} ends at byte ${end} of the data, but the file has only ${dataBytes}: it is truncated`,
    );
  }
  const expected = shape.reduce((product, length) => product * length, elementBytes(dtype));
  if (end - begin !== expected) {
    const sizes = shape.length === 0 ? 'scalar' : shortened(shape.join('×'));
    throw new CardinalError(
      `${where} is ${sizes} ${dtype}, which takes ${expected} bytes, but has ${end - begin}`,
    );
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
