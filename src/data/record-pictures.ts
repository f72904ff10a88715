import { checkKind } from '../base/options.ts';
import { createHash } from 'node:crypto';

import type { PictureRecord } from './picture-record.ts';
import { mostFileBytes } from './picture-limits.ts';
import { keyOf, type PictureDataset } from './source.ts';
import { mostWhole, readRegular } from '../node/regular-file.ts';
import { limitsOf } from './decode.ts';
import { openDataKind } from './open-data.ts';
import type { OpenData } from '../node/data/open.ts';

/** Pictures whose content is kept of a training: of a thousandth of them in another folder one in eight is noticed. */
const sampled = 128;

/**
 * Which pictures training on this data uses, for checkpoints. Names are hashed and some pictures are read, wherever they
 * lie: a fraction of a second for tens of thousands.
 */
export async function recordOf(data: OpenData): Promise<PictureRecord> {
  checkKind('recordOf', 'the data', data, openDataKind);
  const { train, val, heldOut } = data;
  if (train === undefined) return { count: 0, fingerprint: fingerprintOf([]), sample: [] };
  const names = hashedNames(train);
  const whole = heldOut && val ? [...names.keys(), ...hashedNames(val).keys()] : [...names.keys()];
  const drawn = [...names].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, sampled);
  return {
    count: train.length,
    fingerprint: fingerprintOf(whole),
    ...(heldOut === undefined ? {} : { heldOut }),
    sample: await Promise.all(
      drawn.map(async ([name, index]) => `${short(name)}:${await contentOf(train, index)}`),
    ),
  };
}

/** Whether the pictures of a dataset are those of the record, held-out ones included: their names, and what was sampled. */
export async function isWhole(record: PictureRecord, dataset: PictureDataset): Promise<boolean> {
  if (fingerprintOf([...hashedNames(dataset).keys()]) !== record.fingerprint) return false;
  return (await sampledIn(record, dataset)).length === record.sample.length;
}

/** The samples of the record that are in a dataset, by index: the same names with the same content. */
export async function sampledIn({ sample }: PictureRecord, dataset: PictureDataset): Promise<number[]> {
  const wanted = new Map(sample.map((entry) => [entry.slice(0, 12), entry]));
  const found: number[] = [];
  for (const [name, index] of hashedNames(dataset)) {
    const entry = wanted.get(short(name));
    if (entry !== undefined && entry === `${short(name)}:${await contentOf(dataset, index)}`)
      found.push(index);
  }
  return found;
}

/** The samples of the record whose name is in a dataset and whose content is another, by index. */
export async function changedSamples({ sample }: PictureRecord, dataset: PictureDataset): Promise<number[]> {
  const wanted = new Map(sample.map((entry) => [entry.slice(0, 12), entry.slice(13)]));
  const found: number[] = [];
  for (const [name, index] of hashedNames(dataset)) {
    const content = wanted.get(short(name));
    if (content !== undefined && content !== (await contentOf(dataset, index))) found.push(index);
  }
  return found;
}

/** Index by a hash of class and name, 16 hexadecimal digits. */
function hashedNames(dataset: PictureDataset): Map<string, number> {
  const hashed = new Map<string, number>();
  for (let index = 0; index < dataset.length; index++) {
    hashed.set(hash(`${dataset.classes[dataset.label(index)]}\n${keyOf(dataset, index)}`), index);
  }
  return hashed;
}

/** A hash of a picture as it lies there, 12 hexadecimal digits. */
export async function contentOf({ source }: PictureDataset, index: number): Promise<string> {
  if (source.kind === 'memory') {
    const { bytes, rows, recordBytes } = source;
    return short(hash(bytes.subarray(rows[index] * recordBytes, (rows[index] + 1) * recordBytes)));
  }
  // What cannot be read is not read in training either, and equal to itself.
  const most = Math.min(mostWhole, mostFileBytes(limitsOf(source)));
  return readRegular(source.paths[index], most).then(
    (bytes) => short(hash(bytes)),
    () => '0'.repeat(12),
  );
}

/** Of a set: the order does not matter. */
function fingerprintOf(hashes: readonly string[]): string {
  const all = createHash('sha256');
  for (const each of hashes.toSorted((a, b) => (a < b ? -1 : 1))) all.update(each);
  return all.digest('hex').slice(0, 32);
}

function hash(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 16);
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
