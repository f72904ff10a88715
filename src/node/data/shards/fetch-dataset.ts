import { basename, dirname, join } from 'node:path/posix';
import { join as joinHere } from 'node:path';
import { CardinalError } from '../../../base/errors.ts';
import { byCodePoint } from '../../../base/order.ts';
import { splitNamed, type SplitName } from '../../../data/reader.ts';
import { HubError } from '../../../hub/hub-error.ts';
import { askListing, formatListing, parseListing, type Listing } from '../../../hub/listing.ts';
import { formatHubName, parseDatasetName, type HubName } from '../../../hub/name.ts';
import { withRetries } from '../../../hub/timing.ts';
import { makeFolder, readTextFile, writeFileAtomic } from '../../files.ts';
import { HubRepo, type HubOptions } from '../../hub/repo.ts';
import { cacheFolder } from './cache-folder.ts';
import { convertTables } from './convert-parquet.ts';
import { bySplit, splitOfFile } from './find-shards.ts';
import type { OpenShards } from './open-shards.ts';

/**
 * A data set of the Hugging Face hub: its Parquet files, converted in the cache, or its tar archives. All files are of one commit. Without
 * a network, what the revision stood for last is used if the cache has it. Throws a `CardinalError` of one line.
 */
export async function fetchDataset(address: string, downloads: HubOptions): Promise<OpenShards> {
  const { name, split } = parseDatasetName(address);
  const { commit, files } = await listingOf(await HubRepo.open(name, downloads), downloads);
  const chosen = choose([...files.keys()], name.file, address);
  const splits = new Map<SplitName, string[]>();
  for (const file of chosen) {
    const own = splitOf(file);
    if (split === undefined || own === splitNamed(split)) splits.set(own, [...(splits.get(own) ?? []), file]);
  }
  if (splits.size === 0) {
    const there = [...new Set(chosen.map(splitOf))].join(', ');
    throw new CardinalError(`${address}: there is no split ${split}, there are ${there}`);
  }
  const pinned: HubName = { ...name, revision: commit };
  const repo = await HubRepo.open(pinned, downloads);
  const fetch = async (file: string): Promise<string> => (await repo.fetch(file, mostFile)).path;
  if (chosen[0].endsWith('.tar')) {
    const paths: string[] = [];
    for (const file of [...splits.values()].flat()) paths.push(await fetch(file));
    for (const file of besides.filter((beside) => files.has(beside))) await fetch(file);
    return { path: address, splits: bySplit(paths), isWhole: false };
  }
  const etags = [...splits.values()].flat().map((file) => `${file} ${files.get(file)?.etag ?? ''}`);
  return convertTables(
    {
      path: address,
      identity: [formatHubName({ ...pinned, file: undefined }), ...etags].join('\n'),
      splits: new Map([...splits].map(([own, names]) => [own, names.map((file) => () => fetch(file))])),
    },
    downloads,
  );
}

/** The largest shards have some GiB. In bytes. */
const mostFile = 2 ** 36;

/** Names of classes, that lie beside archives. */
const besides: readonly string[] = ['classes.txt', 'classes.json', 'shards.json'];

/** What a revision has: as the hub says, or said last where it cannot be asked. */
async function listingOf(repo: HubRepo, downloads: HubOptions): Promise<Listing> {
  const { owner, repo: own, revision } = repo.name;
  const folder = joinHere(cacheFolder(downloads.env), 'listings', `${owner}--${own}`);
  const kept = joinHere(folder, `${encodeURIComponent(revision)}.json`);
  const known = async (error: unknown): Promise<Listing> => {
    const text = await readTextFile(kept).catch(() => undefined);
    if (text === undefined) throw error;
    return parseListing(text, kept);
  };
  if (repo.isOffline) {
    return known(
      new CardinalError(
        `${formatHubName(repo.name)} is not in the cache, and HF_HUB_OFFLINE is set: unset it to download`,
      ),
    );
  }
  const { timing, signal } = repo;
  try {
    const listing = await withRetries(() => askListing(repo, revision), { timing, signal });
    await makeFolder(folder)
      .then(() => writeFileAtomic(kept, formatListing(listing)))
      .catch(() => undefined);
    return listing;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof HubError) || error.details.fault !== 'unreachable') throw error;
    const listing = await known(error);
    repo.warn(`${error.message}; going on with what the cache has of ${formatHubName(repo.name)}`);
    return listing;
  }
}

/** The tables of a repository, or else its archives, in code-point order. Throws a `CardinalError` if there are several kinds of data. */
function choose(files: readonly string[], folder: string | undefined, address: string): readonly string[] {
  const below = folder === undefined ? files : files.filter((file) => file.startsWith(`${folder}/`));
  const ending = ['.parquet', '.tar'].find((one) => below.some((file) => file.endsWith(one)));
  if (ending === undefined) {
    throw new CardinalError(
      `${address} has neither tables (.parquet) nor archives (.tar) of pictures: expected one of them`,
    );
  }
  const chosen = below.filter((file) => file.endsWith(ending)).sort(byCodePoint);
  const folders = [...new Set(chosen.map(folderOf))];
  if (folders.length === 1) return chosen;
  throw new CardinalError(
    `${address} has data in ${folders.map((one) => (one === '.' ? 'its root' : one)).join(', ')}: name one of these folders behind a slash`,
  );
}

/** The folder of a file, without one for its split. */
function folderOf(file: string): string {
  const folder = dirname(file);
  return splitNamed(basename(folder)) === undefined ? folder : dirname(folder);
}

function splitOf(file: string): SplitName {
  return splitNamed(basename(dirname(file))) ?? splitOfFile(join('/', basename(file)));
}
