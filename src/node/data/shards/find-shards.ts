import { basename, join } from 'node:path';
import { CardinalError } from '../../../base/errors.ts';
import { byCodePoint } from '../../../base/order.ts';
import type { Listing } from '../../../data/folders.ts';
import { splitNamed, type SplitName } from '../../../data/reader.ts';
import { shardsFile } from '../../../data/shards/read-shards.ts';
import { nodeFolders } from '../files.ts';

/** Files of each split: training pictures, unless their names say otherwise. */
export type SplitFiles = ReadonlyMap<SplitName, readonly string[]>;

/** Which split the name of a file stands for: `train-000.tar`, `imagenet1k-validation-07.tar`. */
export function splitOfFile(path: string): SplitName {
  const words = basename(path).split(/[^A-Za-z0-9]+/);
  return words.map(splitNamed).find((split) => split !== undefined) ?? 'train';
}

/** Files by the splits of their names. Throws a `CardinalError` if one is there twice. */
export function bySplit(files: readonly string[]): SplitFiles {
  const splits = new Map<SplitName, string[]>();
  const seen = new Set<string>();
  for (const file of files) {
    if (seen.has(file)) throw new CardinalError(`${file} is named twice: name each shard once`);
    seen.add(file);
    const split = splitOfFile(file);
    splits.set(split, [...(splits.get(split) ?? []), file]);
  }
  return splits;
}

/**
 * The files with an ending that a folder holds as its data: directly, or in folders of its splits. Undefined if it holds none, or class
 * folders beside them, of which they are then archives.
 */
export async function findFiles(
  folder: string,
  ending: '.tar' | '.parquet',
): Promise<SplitFiles | undefined> {
  const listing = await nodeFolders.list(folder);
  const direct = named(folder, listing, ending);
  if (direct.length > 0) {
    const isAlone = listing.folders.length === 0 || listing.files.includes(shardsFile);
    return isAlone ? bySplit(direct) : undefined;
  }
  const splits = new Map<SplitName, readonly string[]>();
  for (const name of listing.folders) {
    const split = splitNamed(name);
    const below = join(folder, name);
    const files = split === undefined ? [] : named(below, await nodeFolders.list(below), ending);
    if (split === undefined || files.length === 0) return undefined;
    if (splits.has(split))
      throw new CardinalError(`${folder} has two folders of ${split} shards: keep one of them`);
    splits.set(split, files);
  }
  return splits.size === 0 ? undefined : splits;
}

function named(folder: string, { files }: Listing, ending: string): string[] {
  return files
    .filter((name) => name.toLowerCase().endsWith(ending))
    .sort(byCodePoint)
    .map((name) => join(folder, name));
}
