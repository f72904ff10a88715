import { checkKind } from '../base/options.ts';
import { readFileOf } from './file-source.ts';
import { openDataKind, type OpenData } from './open-data.ts';
import type { PicturePlatform } from './picture-platform.ts';
import type { PictureRecord } from './picture-record.ts';
import { inMemory, keyOf, type PictureDataset } from './source.ts';

/** Pictures whose content is kept of a training: of a thousandth of them in another folder one in eight is noticed. */
const sampled = 128;

/** What it takes to know pictures again. */
type Hashing = Pick<PicturePlatform, 'readFile' | 'sha256'>;

/**
 * Which pictures training on this data uses, for checkpoints. Names are hashed and some pictures are read, wherever they
 * lie: a fraction of a second for tens of thousands.
 */
export async function recordOf(data: OpenData, platform: Hashing): Promise<PictureRecord> {
  checkKind('recordOf', 'the data', data, openDataKind);
  const { train, val, heldOut } = data;
  if (train === undefined) return { count: 0, fingerprint: await fingerprintOf([], platform), sample: [] };
  const names = await hashedNames(train, platform);
  const others = heldOut && val ? [...(await hashedNames(val, platform)).keys()] : [];
  const drawn = [...names].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, sampled);
  return {
    count: train.length,
    fingerprint: await fingerprintOf([...names.keys(), ...others], platform),
    ...(heldOut === undefined ? {} : { heldOut }),
    sample: await Promise.all(
      drawn.map(async ([name, index]) => `${short(name)}:${await contentOf(train, index, platform)}`),
    ),
  };
}

/** Whether the pictures of a dataset are those of the record, held-out ones included: their names, and what was sampled. */
export async function isWhole(
  record: PictureRecord,
  dataset: PictureDataset,
  platform: Hashing,
): Promise<boolean> {
  const names = await hashedNames(dataset, platform);
  if ((await fingerprintOf([...names.keys()], platform)) !== record.fingerprint) return false;
  return (await sampledIn(record, dataset, platform)).length === record.sample.length;
}

/** The samples of the record that are in a dataset, by index: the same names with the same content. */
export async function sampledIn(
  { sample }: PictureRecord,
  dataset: PictureDataset,
  platform: Hashing,
): Promise<number[]> {
  const wanted = new Map(sample.map((entry) => [entry.slice(0, 12), entry]));
  const found: number[] = [];
  for (const [name, index] of await hashedNames(dataset, platform)) {
    const entry = wanted.get(short(name));
    if (entry !== undefined && entry === `${short(name)}:${await contentOf(dataset, index, platform)}`)
      found.push(index);
  }
  return found;
}

/** The samples of the record whose name is in a dataset and whose content is another, by index. */
export async function changedSamples(
  { sample }: PictureRecord,
  dataset: PictureDataset,
  platform: Hashing,
): Promise<number[]> {
  const wanted = new Map(sample.map((entry) => [entry.slice(0, 12), entry.slice(13)]));
  const found: number[] = [];
  for (const [name, index] of await hashedNames(dataset, platform)) {
    const content = wanted.get(short(name));
    if (content !== undefined && content !== (await contentOf(dataset, index, platform))) found.push(index);
  }
  return found;
}

/** Index by a hash of class and name, 16 hexadecimal digits. */
async function hashedNames(dataset: PictureDataset, platform: Hashing): Promise<Map<string, number>> {
  const hashed = new Map<string, number>();
  for (let index = 0; index < dataset.length; index++) {
    const name = `${dataset.classes[dataset.label(index)]}\n${keyOf(dataset, index)}`;
    hashed.set(await hashOf(name, platform), index);
  }
  return hashed;
}

/** A hash of a picture as it lies there, 12 hexadecimal digits. */
export async function contentOf(
  { source }: PictureDataset,
  index: number,
  platform: Hashing,
): Promise<string> {
  if (source.kind !== 'files') {
    const { bytes, rows, recordBytes } = inMemory(source);
    const record = bytes.subarray(rows[index] * recordBytes, (rows[index] + 1) * recordBytes);
    return short(await hashOf(record, platform));
  }
  // What cannot be read is not read in training either, and equal to itself.
  return readFileOf(source, index, platform).then(
    async (bytes) => short(await hashOf(bytes, platform)),
    () => '0'.repeat(12),
  );
}

/** Of a set: the order does not matter. */
async function fingerprintOf(hashes: readonly string[], platform: Hashing): Promise<string> {
  const sorted = hashes.toSorted((a, b) => (a < b ? -1 : 1));
  return (await platform.sha256(sorted.join(''))).slice(0, 32);
}

async function hashOf(data: string | Uint8Array, platform: Hashing): Promise<string> {
  return (await platform.sha256(data)).slice(0, 16);
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
