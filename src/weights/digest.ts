import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { byCodePoint } from '../base/order.ts';
import { quoted } from '../base/quoted.ts';
import { parseJson } from '../base/validate.ts';

/**
 * How a safetensors file of Cardinal's lets damage be noticed. Two keys of `__metadata__`:
 *
 *     cardinal.digest.tensors   SHA-256 of each tensor's bytes, in the order of their names: JSON, ["1f…", …]
 *     cardinal.digest           sha256:…, of the canonical text of all else that the file says
 *
 * The canonical text is JSON of all tensors [name, dtype, shape, SHA-256] and of all other metadata [key, value],
 * each sorted by name. So both are functions of the contents alone, one look at the header shows whether it is what
 * was written, and each tensor is verified when it is read, without the others. If a key itself was damaged, the
 * other one shows it.
 */
const wholeKey = 'cardinal.digest';
const tensorsKey = 'cardinal.digest.tensors';
const wholePrefix = 'sha256:';
const hashLength = 64;

/** What a digest covers of a tensor, beside its numbers. */
export interface Digested {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** SHA-256 of tensors' bytes by their names, in hexadecimal digits. */
export type Hashes = ReadonlyMap<string, string>;

/** For loading what is known to be damaged. */
export interface VerifyOptions {
  /**
   * Refuse a file whose numbers are not those that were written: by the digest of Cardinal's own files, by the CRC-32 of zip
   * archives. Default true.
   */
  readonly verify?: boolean | undefined;
}

/** What to do about damage, for the end of messages. */
export const damageCure = 'get the file anew, or `verify: false` loads it as it is';

/** SHA-256 in hexadecimal digits, by the platform: it is fast there, and other work goes on meanwhile. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // Memory that is shared with other threads is not taken.
  const own =
    bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', own));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether the platform has SHA-256: pages that came by plain http from another machine have none. */
export function canDigest(): boolean {
  return 'subtle' in crypto;
}

/** Metadata without the digest's keys. */
export function withoutDigest(metadata: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...metadata].filter(([key]) => key !== wholeKey && key !== tensorsKey));
}

/** Metadata of which a digest has the place and not yet the value: it takes the same number of bytes. */
export function digestPlace(metadata: ReadonlyMap<string, string>, tensors: number): Map<string, string> {
  const hash = '0'.repeat(hashLength);
  return stating(
    metadata,
    wholePrefix + hash,
    Array.from({ length: tensors }, () => hash),
  );
}

/** Metadata with the digest of it and of the tensors. */
export async function withDigest(
  metadata: ReadonlyMap<string, string>,
  tensors: readonly Digested[],
  hashes: Hashes,
): Promise<Map<string, string>> {
  const plain = withoutDigest(metadata);
  return stating(plain, await digestOf(plain, tensors, hashes), inOrder(tensors, hashes));
}

function stating(
  metadata: ReadonlyMap<string, string>,
  whole: string,
  hashes: readonly string[],
): Map<string, string> {
  return withoutDigest(metadata).set(wholeKey, whole).set(tensorsKey, JSON.stringify(hashes));
}

/**
 * The hashes that a file's tensors must have; undefined if it has no digest, as files of other programs and of earlier versions.
 * Throws a `CardinalError` that begins with `source` if the header is not what was written.
 */
export async function expectedHashes(
  {
    metadata,
    tensors,
  }: { readonly metadata: ReadonlyMap<string, string>; readonly tensors: readonly Digested[] },
  source: string,
): Promise<Hashes | undefined> {
  const whole = metadata.get(wholeKey);
  const text = metadata.get(tensorsKey);
  if (whole === undefined && text === undefined) return undefined;
  if (!canDigest()) {
    throw new CardinalError(
      `${source} cannot be verified: there is no SHA-256 here, as in pages that came by plain http: serve the page by https, or load with verify: false`,
    );
  }
  const refuse = (): never => {
    throw new CardinalError(
      `${source} is damaged or was changed: its header, which describes tensors and training, is not what was written (SHA-256): ${damageCure}`,
    );
  };
  if (text === undefined || whole === undefined) return refuse();
  const listed = parseJson(z.array(z.string()), text, `${source}: metadata '${tensorsKey}'`);
  const names = tensors.map(({ name }) => name).sort(byCodePoint);
  if (listed.length !== names.length) return refuse();
  const hashes = new Map(names.map((name, index) => [name, listed[index]]));
  if ((await digestOf(withoutDigest(metadata), tensors, hashes)) !== whole) return refuse();
  return hashes;
}

/** Throws a `CardinalError` that begins with `source` unless a tensor's bytes are those that were written. */
export async function verifyTensor(
  name: string,
  bytes: Uint8Array,
  hashes: Hashes | undefined,
  source: string,
): Promise<void> {
  if (hashes === undefined || hashes.get(name) === (await sha256(bytes))) return;
  throw new CardinalError(
    `${source} is damaged: the numbers of tensor ${quoted(name)} are not those that were written (SHA-256): ${damageCure}`,
  );
}

function digestOf(
  metadata: ReadonlyMap<string, string>,
  tensors: readonly Digested[],
  hashes: Hashes,
): Promise<string> {
  const sorted = tensors.toSorted((a, b) => byCodePoint(a.name, b.name));
  const listing = sorted.map(({ name, dtype, shape }) => [name, dtype, shape, hashes.get(name)]);
  const said = [...metadata].sort(([a], [b]) => byCodePoint(a, b));
  return sha256(new TextEncoder().encode(JSON.stringify([listing, said]))).then((hash) => wholePrefix + hash);
}

function inOrder(tensors: readonly Digested[], hashes: Hashes): string[] {
  const names = tensors.map(({ name }) => name).sort(byCodePoint);
  return names.map((name) => hashes.get(name) ?? '');
}
