import { z } from 'zod';
import { CardinalError } from '../base/errors.ts';
import type { StateDict, TensorData } from '../base/tensor-data.ts';
import { parseJson, validate } from '../base/validate.ts';
import { dtypes } from './dtypes.ts';

/**
 * Safetensors files (https://huggingface.co/docs/safetensors, "Format"), bytes in and bytes out:
 *
 *     8 bytes   N, the header's length, unsigned, little-endian
 *     N bytes   JSON: {"__metadata__": {string: string}, "name": {"dtype", "shape", "data_offsets": [begin, end]}, …}
 *     the rest  the elements, little-endian; offsets count from here, cover everything and do not overlap
 *
 * Tensors are named and ordered as a state dict has them. Elements are little-endian in memory on every machine that
 * JavaScript engines support, so they are copied, not converted.
 */
export interface SafetensorsFile {
  readonly tensors: StateDict;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The limit of the reference implementation: no honest header is larger, and a random number usually is. */
const maxHeaderBytes = 100_000_000;

/**
 * The bytes of a safetensors file. I64 tensors come first and the header is padded, so that every tensor begins at a
 * multiple of its element size and readers can map it; otherwise the order is kept.
 */
export function writeSafetensors(
  tensors: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(([, a], [, b]) => elementBytes(b) - elementBytes(a));
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const begin = end;
    end += data.byteLength;
    // Joined by hand: an object would move names that look like integers to the front.
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const header = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(header, 8);
  let offset = 8 + headerBytes;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Floats come out as F32 (F64 rounded), integers and booleans as I64; nothing refers to
 * `bytes` afterwards. Throws a `CardinalError` that begins with `source` (a path, for people) for anything malformed.
 */
export function readSafetensors(bytes: Uint8Array, source = 'safetensors file'): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, source);
  const metadata = new Map(Object.entries(header.metadata));
  const entries = [...header.tensors].sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  const dataBytes = bytes.length - dataStart;
  const tensors: StateDict = new Map();
  let covered = 0;
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    const [begin, end] = offsets;
    const where = `${source}: tensor '${name}'`;
    const reader = Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
    if (reader === undefined) {
      throw new CardinalError(
        `${where} has dtype ${dtype}; readable are ${Object.keys(dtypes).join(', ')}: convert it first`,
      );
    }
    if (end < begin) throw new CardinalError(`${where}: its end (${end}) lies before its begin (${begin})`);
    if (end > dataBytes) {
      throw new CardinalError(
        `${where} ends at byte ${end} of the data, but the file has only ${dataBytes}: it is truncated`,
      );
    }
    if (begin !== covered) {
      throw new CardinalError(
        `${where} begins at byte ${begin} of the data, expected ${covered}: ${begin < covered ? 'tensors overlap' : 'there is a gap'}`,
      );
    }
    const expected = shape.reduce((product, size) => product * size, reader.bytes);
    if (end - begin !== expected) {
      const sizes = shape.length === 0 ? 'scalar' : shape.join('×');
      throw new CardinalError(
        `${where} is ${sizes} ${dtype}, which takes ${expected} bytes, but has ${end - begin}`,
      );
    }
    // A copy, because views of wider elements must begin at a multiple of their size.
    const copy = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, reader.read(copy.buffer, shape));
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new CardinalError(
      `${source}: ${dataBytes - covered} bytes after the last tensor belong to none: the file is damaged`,
    );
  }
  return { tensors, metadata };
}

const size = z.int().nonnegative();
const tensorInfo = z.strictObject({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});
const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly (readonly [string, z.infer<typeof tensorInfo>])[];
}

function readHeader(bytes: Uint8Array, source: string): { header: Header; dataStart: number } {
  if (bytes.length < 8) {
    throw new CardinalError(
      `${source} is not a safetensors file: ${bytes.length} bytes, expected at least 8`,
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw new CardinalError(
      `${source} is not a safetensors file: its header would be ${length.toString()} bytes, the limit is ${maxHeaderBytes}`,
    );
  }
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) {
    throw new CardinalError(
      `${source} is truncated or not a safetensors file: its header should end at byte ${dataStart}, the file at ${bytes.length}`,
    );
  }
  const what = `${source}: the header`;
  const fields = parseJson(headerSchema, decode(bytes.subarray(8, dataStart), what), what);
  const tensors: [string, z.infer<typeof tensorInfo>][] = [];
  let metadata: Record<string, string> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (name === '__metadata__') metadata = validate(metadataSchema, field, `${what}: __metadata__`);
    else tensors.push([name, validate(tensorInfo, field, `${source}: tensor '${name}'`)]);
  }
  return { header: { metadata, tensors }, dataStart };
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CardinalError(`${what} is not UTF-8 text`);
  }
}

function elementBytes(tensor: TensorData): number {
  return tensor.data.BYTES_PER_ELEMENT;
}
