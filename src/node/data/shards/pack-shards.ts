import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { withUndo } from '../../../base/endings.ts';
import { CardinalError } from '../../../base/errors.ts';
import { failing, hasCode } from '../../../base/file-errors.ts';
import { isEncoded, pathOf, readFileOf } from '../../../data/file-source.ts';
import type { OpenData } from '../../../data/open-data.ts';
import { endingOf } from '../../../data/picture-names.ts';
import type { SplitName } from '../../../data/reader.ts';
import type { SampleTargets } from '../../../data/shards/labels.ts';
import { dealt } from '../../../data/shards/deal.ts';
import { shardsFile, type ShardsDescription } from '../../../data/shards/read-shards.ts';
import { PackedKeys, shardBytes, shardName, type PackedSample } from '../../../data/shards/write-shard.ts';
import { inMemory, keyOf, pictureInMemory, type PictureDataset } from '../../../data/source.ts';
import { targetsOf } from '../../../data/targets.ts';
import { makeFolder, temporarySuffix, writeFileAtomic } from '../../files.ts';
import { removeAtExit } from '../../leftovers.ts';
import { nodePictures } from '../pictures.ts';
import { encodePng } from './encode-png.ts';

export interface PackOptions {
  /** Folder to make; it may not be there. */
  readonly out: string;
  /** Archives of training pictures, or of whatever there is instead; other splits have as many for their size. */
  readonly shards: number;
  /** Decides which picture is in which shard. */
  readonly seed: number;
  /** Called with the pictures that are packed, and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A split that was packed. */
export interface PackedSplit {
  readonly split: SplitName;
  readonly shards: number;
  readonly pictures: number;
}

/**
 * Packs data into tar archives that WebDataset and `openData` read: pictures as they are, those in memory as PNG, each with its class
 * (`.cls`), or its labels or numbers (`.json`); every shard is a fair mix of its split. The same data, seed and number of shards give the same bytes. Beside the archives lie
 * `classes.txt`, for other programs, and `shards.json`. The folder is there when all of it is.
 *
 * `data` is what `openData` gave; with `valFraction` 0 if nothing is to be held out.
 *
 * @throws CardinalError if the folder is there, a picture cannot be read, or there are fewer pictures than shards
 */
export async function packShards(data: OpenData, options: PackOptions): Promise<PackedSplit[]> {
  const { out, shards } = options;
  const parts = (['train', 'val', 'test'] as const).flatMap((split): [SplitName, PictureDataset][] => {
    const dataset = data[split];
    return dataset === undefined || dataset.length === 0 ? [] : [[split, dataset]];
  });
  const largest = parts.at(0)?.[1].length ?? 0;
  if (shards > largest) {
    throw new CardinalError(
      `\`shards: ${shards}\`: ${data.path} has ${largest} pictures to divide, use ${largest} at most`,
    );
  }
  await requireAbsent(out);
  const parent = dirname(resolve(out));
  await makeFolder(parent);
  const total = parts.reduce((sum, [, { length }]) => sum + length, 0);
  let done = 0;
  const onPicture = (): void => options.onProgress?.(++done, total);
  return withUndo(async (undo) => {
    const aside = join(parent, `.${basename(out)}.${randomUUID()}${temporarySuffix}`);
    const isGone = removeAtExit(aside);
    undo.add(() => rm(aside, { recursive: true, force: true }).then(isGone));
    await makeFolder(aside);
    const packed: PackedSplit[] = [];
    for (const [split, dataset] of parts) {
      const count = Math.max(1, Math.round((shards * dataset.length) / largest));
      await packSplit(aside, split, dataset, { shards: count, seed: options.seed, onPicture });
      packed.push({ split, shards: count, pictures: dataset.length });
    }
    const description: ShardsDescription = {
      classes: [...data.classes],
      channels: data.channels,
      pictureSize: data.pictureSize === undefined ? null : [...data.pictureSize],
      mixed: true,
      splits: Object.fromEntries(packed.map(({ split, ...counts }) => [split, counts])),
    };
    const lines = data.classes.map((name) => name.replace(/\s+/g, ' ')).join('\n');
    await writeFileAtomic(join(aside, 'classes.txt'), `${lines}\n`);
    await writeFileAtomic(join(aside, shardsFile), `${JSON.stringify(description, undefined, 2)}\n`);
    await requireAbsent(out);
    await rename(aside, out).catch(failing('write', out));
    isGone();
    return packed;
  });
}

async function requireAbsent(out: string): Promise<void> {
  const isThere = await stat(out).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return false;
      return failing('write', out)(error);
    },
  );
  if (isThere)
    throw new CardinalError(`${out} is there already: name another folder with \`out\`, or remove it`);
}

/** Labels or numbers of a picture, as its `.json` has them. */
function jsonOf({ targets, classes }: PictureDataset, index: number): SampleTargets | undefined {
  if (targets === undefined) return undefined;
  const own = targetsOf({ classes }, targets, index);
  return targets.task === 'labels'
    ? { labels: classes.filter((_, k) => own[k] > 0) }
    : { numbers: Object.fromEntries(classes.map((name, k) => [name, own[k]])) };
}

async function packSplit(
  folder: string,
  split: SplitName,
  dataset: PictureDataset,
  { shards, seed, onPicture }: Pick<PackOptions, 'shards' | 'seed'> & { readonly onPicture: () => void },
): Promise<void> {
  const keys = new PackedKeys();
  const { source } = dataset;
  const sampleAt = async (index: number): Promise<PackedSample> => {
    const key = keys.keyOf(keyOf(dataset, index));
    const label = dataset.targets === undefined ? dataset.label(index) : undefined;
    const json = jsonOf(dataset, index);
    if (!isEncoded(source)) {
      const picture = pictureInMemory(inMemory(source), index);
      return { key, ending: 'png', bytes: encodePng(picture), label, json };
    }
    const path = pathOf(source, index);
    const bytes = await readFileOf(source, index, nodePictures).catch((error: unknown) => {
      const { message } = nodePictures.failureOf(error, path);
      throw new CardinalError(`cannot read the picture ${path}: ${message}`, { cause: error });
    });
    return { key, ending: endingOf(path).slice(1), bytes, label, json };
  };
  async function* samples(indices: Uint32Array): AsyncGenerator<PackedSample, void, undefined> {
    for (const index of indices) {
      yield await sampleAt(index);
      onPicture();
    }
  }
  for (const [shard, indices] of dealt(dataset.labels, shards, seed).entries()) {
    await writeFileAtomic(join(folder, shardName(split, shard)), shardBytes(samples(indices)));
  }
}
