import { createHash, randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { withUndo } from '../../../base/endings.ts';
import { CardinalError } from '../../../base/errors.ts';
import { failing } from '../../../base/file-errors.ts';
import { pictureFormatOf, pictureFormats } from '../../../data/picture-format.ts';
import type { SplitName } from '../../../data/reader.ts';
import { shardsFile, type ShardsDescription } from '../../../data/shards/read-shards.ts';
import { shardBytes, shardName, type PackedSample } from '../../../data/shards/write-shard.ts';
import { openFileSource } from '../../byte-source.ts';
import { makeFolder, temporarySuffix, writeFileAtomic } from '../../files.ts';
import { lockDownload } from '../../hub/blob-lock.ts';
import type { HubOptions } from '../../hub/repo.ts';
import { usualTiming } from '../../../hub/timing.ts';
import { removeAtExit } from '../../leftovers.ts';
import { cacheFolder } from './cache-folder.ts';
import { findFiles, type SplitFiles } from './find-shards.ts';
import type { OpenShards } from './open-shards.ts';
import { openTable, type PictureTable } from './parquet-table.ts';

/** Tables that are converted together. */
export interface Tables {
  /** For messages. */
  readonly path: string;
  /** What they are, whatever their place: other contents have another. */
  readonly identity: string;
  /** The paths of the tables of each split, asked for when they are needed. */
  readonly splits: ReadonlyMap<SplitName, readonly (() => Promise<string>)[]>;
}

/** Parquet files on this machine as archives: converted once, as long as they are what they are. Throws a `CardinalError`. */
export async function convertParquet(
  path: string,
  splits: SplitFiles,
  downloads: HubOptions,
): Promise<OpenShards> {
  const identity: string[] = [];
  for (const [split, files] of splits) {
    for (const file of files) {
      const { size, mtimeMs, ctimeMs, ino } = await stat(file).catch(failing('read', file));
      identity.push([split, resolve(file), size, mtimeMs, ctimeMs, ino].join(' '));
    }
  }
  const lazy = [...splits].map(
    ([split, files]) => [split, files.map((file) => () => Promise.resolve(file))] as const,
  );
  return convertTables({ path, identity: identity.join('\n'), splits: new Map(lazy) }, downloads);
}

/**
 * The archives in the cache that hold what tables do, each table one; they are written when they are first asked for, a group of rows
 * in memory at a time. Random access into Parquet would unpack a group for each picture.
 */
export async function convertTables(tables: Tables, downloads: HubOptions): Promise<OpenShards> {
  const { path, identity } = tables;
  const root = join(cacheFolder(downloads.env), 'converted');
  const name = createHash('sha256').update(`1\n${identity}`).digest('hex').slice(0, 32);
  const folder = join(root, name);
  const isDone = (): Promise<boolean> => exists(join(folder, shardsFile));
  if (!(await isDone())) {
    await makeFolder(root);
    const lock = await lockDownload(join(root, `${name}.lock`), {
      timing: { ...usualTiming, ...downloads.timing },
      signal: downloads.signal,
      isDone,
      measure: () => bytesAside(root, name),
      onWait: () => downloads.onWarning?.(`another process converts ${path}: waiting for it`),
    });
    if (lock !== 'done') {
      try {
        downloads.onWarning?.(`${path} is converted to tar archives in ${folder}, this once`);
        await convert(tables, { root, name, isDone }, downloads.signal);
      } finally {
        if (lock !== 'stuck') await lock.release();
      }
    }
  }
  const splits = await findFiles(folder, '.tar');
  if (splits === undefined)
    throw new CardinalError(`${folder} is damaged: remove it, and ${path} is converted anew`);
  return { path, splits, isWhole: true };
}

interface Place {
  readonly root: string;
  readonly name: string;
  readonly isDone: () => Promise<boolean>;
}

async function convert(
  { path, splits }: Tables,
  { root, name, isDone }: Place,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = join(root, name);
  await withUndo(async (undo) => {
    const aside = join(root, `.${name}.${randomUUID()}${temporarySuffix}`);
    const isGone = removeAtExit(aside);
    undo.add(() => rm(aside, { recursive: true, force: true }).then(isGone));
    await makeFolder(aside);
    const counts: ShardsDescription['splits'] = {};
    let classes: readonly string[] | undefined;
    for (const [split, files] of splits) {
      let pictures = 0;
      for (const [shard, fetch] of files.entries()) {
        const file = await fetch();
        const source = await openFileSource(file);
        try {
          const table = await openTable(source);
          classes = sameClasses(classes, table, file);
          const tally = { pictures };
          await writeFileAtomic(
            join(aside, shardName(split, shard)),
            shardBytes(samplesOf(table, tally, signal)),
          );
          ({ pictures } = tally);
        } finally {
          await source.close();
        }
      }
      counts[split] = { shards: files.length, pictures };
    }
    const description: ShardsDescription = {
      ...(classes === undefined ? {} : { classes: [...classes] }),
      ...{ channels: 3, pictureSize: null, mixed: false, splits: counts },
    };
    await writeFileAtomic(join(aside, shardsFile), JSON.stringify(description));
    // What is left of one that was damaged.
    if (!(await isDone())) await rm(folder, { recursive: true, force: true });
    await rename(aside, folder).catch(async (error: unknown) => {
      if (!(await isDone())) failing('write', folder)(error);
      await rm(aside, { recursive: true, force: true });
    });
    isGone();
  });
  if (!(await isDone())) throw new CardinalError(`${path} could not be converted to ${basename(folder)}`);
}

/** Rows by their number; each counts that has a class. */
async function* samplesOf(
  table: PictureTable,
  tally: { pictures: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<PackedSample, void, undefined> {
  let row = 0;
  for await (const { bytes, label } of table.read()) {
    signal?.throwIfAborted();
    const format = pictureFormats.find(({ name }) => name === pictureFormatOf(bytes));
    // What is no picture counts as a damaged one.
    const [ending] = format?.extensions ?? ['.jpg'];
    if (label !== undefined) tally.pictures++;
    yield { key: String(row++).padStart(9, '0'), ending: ending.slice(1), bytes, label };
  }
}

function sameClasses(
  known: readonly string[] | undefined,
  { classes }: PictureTable,
  file: string,
): readonly string[] | undefined {
  const differ = known !== undefined && classes !== undefined && known.join('\n') !== classes.join('\n');
  if (differ)
    throw new CardinalError(`${file} has other classes than the tables before it: open them one by one`);
  return known ?? classes;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** How much of a conversion is there: it grows while whoever does it gets on. */
async function bytesAside(root: string, name: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(root, { recursive: true }).catch(() => [])) {
    if (!entry.startsWith(`.${name}.`)) continue;
    sum += await stat(join(root, entry)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sum;
}
