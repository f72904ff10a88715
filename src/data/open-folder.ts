import { CardinalError, UsageError } from '../base/errors.ts';
import { nextTask } from '../base/next-task.ts';
import { anything, checkOptions, finite, flag, texts, type Kinds } from '../base/options.ts';
import { tellBeside, readFolders } from './read-folders.ts';
import { LeftOutTally } from './left-out.ts';
import type { OpenData, OpenOptions } from './open-data.ts';
import { pictureLimitKinds, pictureLimits, type PictureLimits } from './picture-limits.ts';
import { findCifar, readCifar } from './read-cifar.ts';
import { findIdx, readIdx } from './read-idx.ts';
import type { ReadData } from './reader.ts';
import type { RecordFolders } from './record-files.ts';
import { splitByClass } from './split.ts';

const kinds: Kinds<OpenOptions> = {
  seed: finite,
  // With a message of its own.
  valFraction: anything,
  labels: anything,
  classes: texts,
  strict: flag,
  ...pictureLimitKinds,
};

/** Throws a `UsageError` or a `CardinalError` for other options than there are. */
export function checkOpenOptions(what: string, options: OpenOptions): void {
  checkOptions(what, options, kinds);
  const { valFraction = 0 } = options;
  // A plain JavaScript caller may give text.
  if (!Number.isFinite(valFraction) || valFraction < 0 || valFraction >= 1) {
    throw new CardinalError(
      `the validation share must be at least 0 and less than 1, got ${valFraction}: use 0.1 for 10 %`,
    );
  }
}

/**
 * Opens what a folder holds: class folders, CIFAR-10 or -100 in its binary version, or IDX files, gzipped or not (or a folder
 * directly in it does, for the archives that unpack to one). `strict` is left to the caller.
 *
 * @throws CardinalError in one line for everything that is wrong with the data
 */
export async function openFolder(
  path: string,
  options: OpenOptions,
  folders: RecordFolders,
): Promise<OpenData> {
  if (options.labels !== undefined) {
    throw new UsageError('labels: for folders on a disk, opened in Node: leave them out');
  }
  const read = await readAny(path, options.classes, pictureLimits(options), folders);
  // In a page it may be the page itself that waits.
  await nextTask();
  return withHeldOut(read, path, options);
}

/** What was read at a path, with some training pictures held out for validation where the source has none. */
export function withHeldOut(
  read: ReadData,
  path: string,
  { seed = 0, valFraction = 0.1 }: OpenOptions,
): OpenData {
  const split =
    read.train && !read.val
      ? splitByClass(read.train, valFraction, seed)
      : { train: read.train, val: read.val };
  const valHeldOut = !read.val && split.val !== undefined;
  const heldOut = valHeldOut ? { seed, fraction: valFraction } : undefined;
  return { ...read, ...split, path, valHeldOut, heldOut };
}

async function readAny(
  path: string,
  wanted: readonly string[] | undefined,
  limits: PictureLimits,
  folders: RecordFolders,
): Promise<ReadData> {
  const listing = await folders.list(path);
  const unpacked = listing.folders
    .filter((name) => unpackedNames.includes(name))
    .map((name) => folders.join(path, name));
  for (const folder of [path, ...unpacked]) {
    const inside = folder === path ? listing : await folders.list(folder);
    const idx = findIdx(inside);
    const cifar = idx ? undefined : findCifar(inside);
    if (!idx && !cifar) continue;
    const leftOut = new LeftOutTally();
    await tellBeside(path, { ...listing, files: [] }, new Set([folder]), leftOut, folders);
    const read = idx
      ? await readIdx(folder, idx, wanted, folders)
      : cifar && (await readCifar(folder, cifar, wanted, folders));
    if (read) return { ...read, leftOut: leftOut.list() };
  }
  return await readFolders(path, limits, wanted, folders);
}

/** Folders that the well-known archives and torchvision's downloads make. */
const unpackedNames: readonly string[] = ['cifar-10-batches-bin', 'cifar-100-binary', 'raw'];
