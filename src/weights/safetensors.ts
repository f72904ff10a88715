import { CardinalError } from '../base/errors.ts';
import { bytes as bytesKind, checkKind, checkOptions, flag, isPlain, texts } from '../base/options.ts';
import { roundUp } from '../base/round-up.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { checkState } from '../nn/state.ts';
import { checkEntries } from './arguments.ts';
import type { TensorArchive, TensorEntry, Unreadable } from './archive.ts';
import type { ByteSource } from './byte-source.ts';
import {
  canDigest,
  digestPlace,
  expectedHashes,
  sha256,
  verifyTensor,
  withDigest,
  withoutDigest,
  type VerifyOptions,
} from './digest.ts';
import { checkRaw, decodeTensor, elementBytes, encodeTensor, type Dtype, type RawTensor } from './dtypes.ts';
import {
  headerEnd,
  lengthBytes,
  maybeSafetensors,
  parseHeader,
  prefixBytes,
  type SafetensorsHeader,
} from './safetensors-header.ts';

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
  /** Tensors of types that are not read. */
  readonly unreadable: ReadonlyMap<string, Unreadable>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads a safetensors file in memory. Floats come out as F32 (F64 rounded), integers and booleans as I64; nothing refers
 * to `bytes` afterwards. Throws a `CardinalError` that begins with `source` (a path, for people) for anything malformed, and for
 * a file of Cardinal's that is not what was written (`VerifyOptions`).
 */
export async function readSafetensors(
  bytes: Uint8Array,
  source = 'safetensors file',
  options: VerifyOptions = {},
): Promise<SafetensorsFile> {
  checkKind('readSafetensors', 'the file', bytes, bytesKind);
  checkOptions('readSafetensors', options, { verify: flag });
  const { verify = true } = options;
  const prefix = bytes.subarray(0, prefixBytes);
  await refuseOther(prefix, source);
  const dataStart = headerEnd(prefix, bytes.length, source);
  const header = parseHeader(bytes.subarray(lengthBytes, dataStart), bytes.length - dataStart, source);
  const hashes = verify ? await expectedHashes(listedIn(header), source) : undefined;
  const tensors: StateDict = new Map();
  for (const { name, dtype, shape, begin, end } of header.tensors) {
    // A copy, because views of wider elements must begin at a multiple of their size.
    const data = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    await verifyTensor(name, data, hashes, source);
    tensors.set(name, decodeTensor({ dtype, shape, data }));
  }
  return { tensors, unreadable: header.unreadable, metadata: withoutDigest(header.metadata) };
}

/**
 * Opens a safetensors file of any size: the header is read and checked now, tensors when they are asked for, and verified then if
 * Cardinal wrote them.
 */
export async function openSafetensors(
  source: ByteSource,
  options: VerifyOptions = {},
): Promise<TensorArchive> {
  await refuseOther(await source.read(0, Math.min(prefixBytes, source.size)), source.name);
  return openKnownSafetensors(source, options);
}

/** Throws a `CardinalError` that says what a file is, if it is of another format that is known. */
async function refuseOther(prefix: Uint8Array, source: string): Promise<void> {
  if (maybeSafetensors(prefix) && prefix.length > lengthBytes) return;
  // Loaded when it is needed: most files are what they are taken for.
  const { recognise } = await import('./recognise.ts');
  const other = recognise(prefix);
  if (other !== undefined) throw new CardinalError(`${source} ${other}`);
}

/** As `openSafetensors`, of a file that begins as one does: it does not say what others are. */
export async function openKnownSafetensors(
  source: ByteSource,
  { verify = true }: VerifyOptions = {},
): Promise<TensorArchive> {
  const { name: file, size } = source;
  const prefix = await source.read(0, Math.min(prefixBytes, size));
  const dataStart = headerEnd(prefix, size, file);
  const json = await source.read(lengthBytes, dataStart - lengthBytes);
  const header = parseHeader(json, size - dataStart, file);
  const hashes = verify ? await expectedHashes(listedIn(header), file) : undefined;
  const tensors = new Map(
    header.tensors.map(({ name, dtype, shape, begin, end }): [string, TensorEntry] => [
      name,
      {
        dtype,
        shape,
        async read() {
          const data = await source.read(dataStart + begin, end - begin);
          await verifyTensor(name, data, hashes, file);
          return { dtype, shape, data };
        },
      },
    ]),
  );
  return {
    format: 'safetensors',
    source: file,
    tensors,
    unreadable: header.unreadable,
    objects: new Map(),
    metadata: withoutDigest(header.metadata),
    checksum: hashes === undefined ? undefined : 'SHA-256',
  };
}

/** All tensors of a header, those that are not read included. */
function listedIn({
  tensors,
  unreadable,
  metadata,
}: SafetensorsHeader): Parameters<typeof expectedHashes>[0] {
  const others = [...unreadable].map(([name, { type, shape = [] }]) => ({ name, dtype: type, shape }));
  return { metadata, tensors: [...tensors, ...others] };
}

/**
 * The bytes of a safetensors file, with a digest of all its contents in its metadata. Tensors of wide elements come
 * first and the header is padded, so that every tensor begins at a multiple of its element size and readers can map
 * it; otherwise the order is kept. The tensors are copied before anything is waited for. In a page without SHA-256
 * (by plain http) the file has no digest.
 */
export async function writeSafetensors(
  tensors: StateDict,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  checkState('writeSafetensors', tensors);
  checkMetadata('writeSafetensors', metadata);
  const entries = [...tensors].map(([name, tensor]) => ({ name, ...encodeTensor(tensor) }));
  const said = withoutDigest(new Map(Object.entries(metadata)));
  const digests = canDigest();
  const { header, ordered } = layOut(entries, digests ? digestPlace(said, entries.length) : said);
  const bytes = new Uint8Array(ordered.reduce((total, { data }) => total + data.length, header.length));
  bytes.set(header);
  let offset = header.length;
  for (const { data } of ordered) {
    bytes.set(data, offset);
    offset += data.length;
  }
  if (!digests) return bytes;
  const hashes = new Map<string, string>();
  offset = header.length;
  for (const { name, data } of ordered) {
    hashes.set(name, await sha256(bytes.subarray(offset, offset + data.length)));
    offset += data.length;
  }
  bytes.set(layOut(entries, await withDigest(said, entries, hashes)).header);
  return bytes;
}

/**
 * The file of `writeSafetensors` for tensors of any type, in parts. Each tensor is read twice, for its digest and when its turn
 * comes, and only one is in memory at a time; they may not change meanwhile.
 */
export async function* safetensorsParts(
  tensors: ReadonlyMap<string, TensorEntry>,
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  checkEntries('safetensorsParts', tensors);
  checkMetadata('safetensorsParts', metadata);
  const entries = [...tensors].map(([name, entry]) => ({
    name,
    dtype: entry.dtype,
    shape: entry.shape,
    entry,
  }));
  let said = withoutDigest(new Map(Object.entries(metadata)));
  if (canDigest()) {
    const hashes = new Map<string, string>();
    for (const { name, entry } of entries) hashes.set(name, await sha256((await entry.read()).data));
    said = await withDigest(said, entries, hashes);
  }
  const { header, ordered } = layOut(entries, said);
  yield header;
  for (const { entry } of ordered) yield (await entry.read()).data;
}

/** A tensor in memory as an archive's entry. What is read is a copy: whoever reads an entry may keep it. */
export function entryOf(raw: RawTensor): TensorEntry {
  checkRaw('entryOf', raw);
  const { dtype, shape, data } = raw;
  return { dtype, shape, read: () => Promise.resolve({ dtype, shape, data: data.slice() }) };
}

/** A network's tensors as an archive's entries, for the writers of files. */
export function entriesOf(state: StateDict): Map<string, TensorEntry> {
  checkState('entriesOf', state);
  return new Map([...state].map(([name, tensor]) => [name, entryOf(encodeTensor(tensor))]));
}

function checkMetadata(what: string, metadata: Readonly<Record<string, string>>): void {
  checkKind(what, 'metadata', metadata, {
    expected: 'an object of texts by name',
    is: (value) => isPlain(value) && texts.is(Object.values(value)),
  });
}

interface Described {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** The header's bytes, its length before it, and the tensors in the order of their elements. */
function layOut<T extends Described>(
  tensors: readonly T[],
  metadata: ReadonlyMap<string, string>,
): { readonly header: Uint8Array; readonly ordered: readonly T[] } {
  const ordered = tensors.toSorted((a, b) => elementBytes(b.dtype) - elementBytes(a.dtype));
  const fields: string[] = [];
  if (metadata.size > 0) fields.push(`"__metadata__":${JSON.stringify(Object.fromEntries(metadata))}`);
  let end = 0;
  for (const { name, dtype, shape } of ordered) {
    const begin = end;
    end += shape.reduce((product, size) => product * size, elementBytes(dtype));
    // Joined by hand: an object would move names that look like integers to the front.
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const header = new Uint8Array(lengthBytes + roundUp(json.length, 8)).fill(0x20, lengthBytes);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - lengthBytes), true);
  header.set(json, lengthBytes);
  return { header, ordered };
}
