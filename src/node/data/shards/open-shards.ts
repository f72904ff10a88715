import { basename, dirname, join } from 'node:path';
import { CardinalError } from '../../../base/errors.ts';
import { parseJson } from '../../../base/validate.ts';
import type { PictureLimits } from '../../../data/picture-limits.ts';
import type { ReadData } from '../../../data/reader.ts';
import {
  readShards,
  shardsFile,
  shardsSchema,
  type ShardsDescription,
} from '../../../data/shards/read-shards.ts';
import { readNames } from '../files.ts';
import { nodeRecords } from '../record-folders.ts';
import type { SplitFiles } from './find-shards.ts';
import { indexOf } from './index-cache.ts';

/** Archives as they are to be opened. */
export interface OpenShards {
  /** For messages. */
  readonly path: string;
  readonly splits: SplitFiles;
  /** Whether these are all that a folder holds, so that one that is missing is noticed. */
  readonly isWhole: boolean;
}

/**
 * The pictures in archives, with the names of classes that lie beside the first: `shards.json` of `cardinal pack`, or `classes.json` or
 * `classes.txt`. Throws a `CardinalError` in one line for everything that is wrong with them.
 */
export async function openShards(
  { path, splits, isWhole }: OpenShards,
  limits: PictureLimits,
  wanted: readonly string[] | undefined,
  cache: string,
): Promise<ReadData> {
  const [[first = path] = []] = splits.values();
  const folder = dirname(first);
  const description =
    (await describe(folder)) ?? (isWhole && folder !== path ? await describe(path) : undefined);
  if (isWhole) requireAll(path, splits, description);
  const classes =
    description?.classes ??
    (await nodeRecords.readClassNames(folder)) ??
    (isWhole && folder !== path ? await nodeRecords.readClassNames(path) : undefined);
  return readShards({ path, splits, classes, description }, limits, wanted, {
    index: (file) => indexOf(file, cache),
    basename,
  });
}

async function describe(folder: string): Promise<ShardsDescription | undefined> {
  const path = join(folder, shardsFile);
  const text = await readNames(path);
  return text === undefined ? undefined : parseJson(shardsSchema, text, path);
}

function requireAll(path: string, splits: SplitFiles, description: ShardsDescription | undefined): void {
  for (const [split, { shards }] of Object.entries(description?.splits ?? {})) {
    const found = [...splits].find(([name]) => name === split)?.[1].length ?? 0;
    if (found === shards) continue;
    throw new CardinalError(
      `${path} holds ${found} ${split} shards, and ${shardsFile} says ${shards}: put back what is missing, or pack them again`,
    );
  }
}
