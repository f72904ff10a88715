import { checkKind } from '../base/options.ts';
import { isEncoded, readFileOf } from './file-source.ts';
import { openDataKind, type OpenData } from './open-data.ts';
import type { PicturePlatform } from './picture-platform.ts';
import type { PictureRecord } from './picture-record.ts';
import { labelText } from './targets.ts';
import { inMemory, keyOf, type PictureDataset } from './source.ts';

/** Pictures whose content is kept of a training: of a thousandth of them in another folder one in eight is noticed. */
const sampled = 128;

/** What it takes to know pictures again. */
type Hashing = Pick<PicturePlatform, 'readFile' | 'readRange' | 'sha256'>;

/**
 * Which pictures training on this data uses, for checkpoints. Names are hashed and some pictures are read, wherever they
 * lie: a fraction of a second for tens of thousands.
 */
export async function recordOf(data: OpenData, platform: Hashing): Promise<PictureRecord> {
  checkKind('recordOf', 'the data', data, openDataKind);
  const { val, heldOut } = data;
  const train = data.train?.known ?? data.train;
  if (train === undefined) return { count: 0, fingerprint: await fingerprintOf([], platform), sample: [] };
  const names = await HashedNames.of(train, platform);
  const others = heldOut && val ? [await HashedNames.of(val, platform)] : [];
  const drawn = names.lowest(sampled);
  return {
    count: data.train?.length ?? 0,
    fingerprint: await fingerprintOf([names, ...others], platform),
    ...(heldOut === undefined ? {} : { heldOut }),
    sample: await Promise.all(
      drawn.map(async (index) => `${short(names.digits(index))}:${await contentOf(train, index, platform)}`),
    ),
  };
}

/** Whether the pictures of a dataset are those of the record, held-out ones included: their names, and what was sampled. */
export async function isWhole(
  record: PictureRecord,
  dataset: PictureDataset,
  platform: Hashing,
): Promise<boolean> {
  const names = await HashedNames.of(dataset, platform);
  if ((await fingerprintOf([names], platform)) !== record.fingerprint) return false;
  return (await sampledIn(record, dataset, platform)).length === record.sample.length;
}

/** The samples of the record that are in a dataset, by index: the same names with the same content. */
export async function sampledIn(
  record: PictureRecord,
  dataset: PictureDataset,
  platform: Hashing,
): Promise<number[]> {
  const found = await namedIn(record, dataset, platform);
  return found.flatMap(({ index, isSame }) => (isSame ? [index] : []));
}

/** The samples of the record whose name is in a dataset and whose content is another, by index. */
export async function changedSamples(
  record: PictureRecord,
  dataset: PictureDataset,
  platform: Hashing,
): Promise<number[]> {
  const found = await namedIn(record, dataset, platform);
  return found.flatMap(({ index, isSame }) => (isSame ? [] : [index]));
}

/** The samples of the record whose name is in a dataset, by index, and whether their content is the same. */
async function namedIn(
  { sample }: PictureRecord,
  dataset: PictureDataset,
  platform: Hashing,
): Promise<{ readonly index: number; readonly isSame: boolean }[]> {
  const wanted = new Map(sample.map((entry) => [entry.slice(0, 12), entry.slice(13)]));
  const names = await HashedNames.of(dataset, platform);
  // Of equal names the last.
  const there = new Map<string, number>();
  for (let index = 0; index < dataset.length; index++) {
    const digits = names.digits(index);
    if (wanted.has(short(digits))) there.set(digits, index);
  }
  const found = [...there].sort(([, a], [, b]) => a - b);
  return Promise.all(
    found.map(async ([digits, index]) => {
      const content = await contentOf(dataset, index, platform);
      return { index, isSame: wanted.get(short(digits)) === content };
    }),
  );
}

/** Hashes of class and name of each picture, 16 hexadecimal digits: as numbers, because there may be millions. */
class HashedNames {
  /** The halves of each, the low one first as in a number of 64 bits. */
  readonly #halves: Uint32Array;
  /** Without repetitions, ascending: halves of each as above. */
  readonly distinct: Uint32Array;

  static async of(dataset: PictureDataset, platform: Hashing): Promise<HashedNames> {
    const halves = new Uint32Array(2 * dataset.length);
    for (let index = 0; index < dataset.length; index++) {
      const name = `${labelText(dataset, index)}\n${keyOf(dataset, index)}`;
      const digits = await platform.sha256(name);
      halves[2 * index] = parseInt(digits.slice(8, 16), 16);
      halves[2 * index + 1] = parseInt(digits.slice(0, 8), 16);
    }
    return new HashedNames(halves);
  }

  private constructor(halves: Uint32Array) {
    this.#halves = halves;
    const sorted = halves.slice();
    sortWhole(sorted);
    let kept = 0;
    for (let at = 0; at < sorted.length; at += 2) {
      if (at > 0 && sorted[at] === sorted[kept - 2] && sorted[at + 1] === sorted[kept - 1]) continue;
      sorted[kept++] = sorted[at];
      sorted[kept++] = sorted[at + 1];
    }
    this.distinct = sorted.subarray(0, kept);
  }

  digits(index: number): string {
    return digitsAt(this.#halves, index);
  }

  /** The samples of the `most` lowest hashes, ascending by these; of equal ones the last. */
  lowest(most: number): number[] {
    const found = new Map<string, number>();
    const count = Math.min(most, this.distinct.length / 2);
    for (let n = 0; n < count; n++) found.set(digitsAt(this.distinct, n), -1);
    for (let index = 0; 2 * index < this.#halves.length; index++) {
      const digits = this.digits(index);
      if (found.has(digits)) found.set(digits, index);
    }
    return [...found.values()];
  }
}

/** Sorts the numbers of 64 bits whose halves these are: a sort that compares in a function would have a list of objects. */
function sortWhole(halves: Uint32Array): void {
  new BigUint64Array(halves.buffer).sort();
}

function digitsAt(halves: Uint32Array, index: number): string {
  return [halves[2 * index + 1], halves[2 * index]]
    .map((half) => half.toString(16).padStart(8, '0'))
    .join('');
}

/** A hash of a picture as it lies there, 12 hexadecimal digits. */
export async function contentOf(
  { source }: PictureDataset,
  index: number,
  platform: Hashing,
): Promise<string> {
  if (!isEncoded(source)) {
    const { bytes, rows, recordBytes } = inMemory(source);
    const record = bytes.subarray(rows[index] * recordBytes, (rows[index] + 1) * recordBytes);
    return short(await platform.sha256(record));
  }
  // What cannot be read is not read in training either, and equal to itself.
  return readFileOf(source, index, platform).then(
    async (bytes) => short(await platform.sha256(bytes)),
    () => '0'.repeat(12),
  );
}

/** Of a set: the order does not matter. */
async function fingerprintOf(names: readonly HashedNames[], platform: Hashing): Promise<string> {
  const all = new Uint32Array(names.reduce((sum, { distinct }) => sum + distinct.length, 0));
  let at = 0;
  for (const { distinct } of names) {
    all.set(distinct, at);
    at += distinct.length;
  }
  sortWhole(all);
  const text = new Uint8Array(8 * all.length);
  const encoder = new TextEncoder();
  for (let n = 0; 16 * n < text.length; n++) encoder.encodeInto(digitsAt(all, n), text.subarray(16 * n));
  return (await platform.sha256(text)).slice(0, 32);
}

function short(digest: string): string {
  return digest.slice(0, 12);
}
