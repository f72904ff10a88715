import { join } from 'node:path';

import { CardinalError, UsageError } from '../../base/errors.ts';
import { checkKind, text } from '../../base/options.ts';
import { datasetPrefix, isAddress } from '../../data/address.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import { checkOpenOptions, openFolder, withHeldOut } from '../../data/open-folder.ts';
import { pictureLimits } from '../../data/picture-limits.ts';
import { expandBraces, hasBraces } from '../../data/shards/braces.ts';
import { isHubName } from '../../hub/name.ts';
import type { HubOptions } from '../hub/repo.ts';
import { kindOf } from '../kind-of.ts';
import { requireAllRead } from './check.ts';
import { nodeRecords } from './record-folders.ts';
import { cacheFolder } from './shards/cache-folder.ts';
import { bySplit, findFiles } from './shards/find-shards.ts';
import { openShards, type OpenShards } from './shards/open-shards.ts';

/**
 * Opens data, whichever `path` names:
 *
 * - a folder of class folders, CIFAR-10 or -100 in its binary version, or IDX files, gzipped or not (or a folder directly in it, for
 *   the archives that unpack to one);
 * - WebDataset's shards: a tar archive, several by an expression with braces (`train-{000000..000099}.tar`), a folder of them, or these
 *   at an `https:` address;
 * - Parquet files of pictures in the same ways, or `hf:datasets/owner/name[@revision][:split]` on the Hugging Face hub.
 *
 * With `labels`, a folder of pictures, however deep, with labels beside them: several each, or numbers.
 *
 * What is downloaded or converted is kept in the cache (`CARDINAL_CACHE`).
 *
 * @throws CardinalError in one line for everything that is wrong with the data
 */
export async function openData(
  path: string,
  options: OpenOptions = {},
  downloads: HubOptions = {},
): Promise<OpenData> {
  checkKind('openData', 'the data', path, { ...text, expected: 'the path of a folder' });
  checkOpenOptions('openData', options);
  const opened = await openAny(path, options, downloads);
  if (options.strict === true) await requireAllRead(opened, ['train', 'val', 'test']);
  return opened;
}

async function openAny(path: string, options: OpenOptions, downloads: HubOptions): Promise<OpenData> {
  const open = async (shards: OpenShards): Promise<OpenData> => {
    const cache = cacheFolder(downloads.env);
    const read = await openShards(shards, pictureLimits(options), options.classes, cache);
    return withHeldOut(read, path, options);
  };
  const { labels } = options;
  if (labels !== undefined) {
    if (isAddress(path) || isHubName(path) || (await kindOf(path)) !== 'folder') {
      throw new UsageError(`labels: expected a folder of pictures on this machine, got ${path}`);
    }
    const { openLabelled } = await import('./open-labelled.ts');
    return openLabelled(path, labels, options);
  }
  if (isAddress(path)) {
    const { fetchShards } = await import('./shards/fetch-shards.ts');
    return open(await fetchShards(path, downloads));
  }
  if (isHubName(path)) {
    throw new UsageError(`${path} names weights on the hub: data is ${datasetPrefix}owner/name`);
  }
  const kind = await kindOf(path);
  if (kind === 'folder') {
    const tars = await findFiles(path, '.tar');
    if (tars !== undefined) return open({ path, splits: tars, isWhole: true });
    const tables = (await findFiles(path, '.parquet')) ?? (await findBelow(path, '.parquet'));
    if (tables === undefined) return openFolder(path, options, nodeRecords);
    const { convertParquet } = await import('./shards/convert-parquet.ts');
    return open(await convertParquet(path, tables, downloads));
  }
  const files = kind === 'file' ? [path] : expandBraces(path);
  if (kind === undefined && !hasBraces(path)) throw new CardinalError(`no such folder: ${path}`);
  for (const file of files) {
    if ((await kindOf(file)) !== 'file') throw new CardinalError(`no such shard: ${file}, of ${path}`);
  }
  if (files.every((file) => /\.tar$/i.test(file))) {
    return open({ path, splits: bySplit(files), isWhole: false });
  }
  if (files.every((file) => /\.parquet$/i.test(file))) {
    const { convertParquet } = await import('./shards/convert-parquet.ts');
    return open(await convertParquet(path, bySplit(files), downloads));
  }
  throw new CardinalError(
    `${path} is a file: expected the folder that holds the data, or shards (.tar) or tables (.parquet) of pictures`,
  );
}

/** The hub's repositories have their tables in `data`. */
async function findBelow(path: string, ending: '.parquet'): ReturnType<typeof findFiles> {
  const below = join(path, 'data');
  return (await kindOf(below)) === 'folder' ? findFiles(below, ending) : undefined;
}
