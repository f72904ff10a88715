import { realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { CardinalError, passOver } from '../../base/errors.ts';
import { byCodePoint } from '../../base/order.ts';
import { leftOutOf, LeftOutTally } from '../../data/left-out.ts';
import { pictureFormatTitles } from '../../data/picture-format.ts';
import type { PictureLimits } from '../../data/picture-limits.ts';
import { pictureDataset, type PictureDataset } from '../../data/source.ts';
import { isPictureName } from './formats.ts';
import { findPictures, listFolder, pathBelow, tellLeftOut, type Listing, type Place } from './files.ts';
import { leftOutFile } from '../../data/picture-names.ts';
import { splitNamed, unknownClass, type ReadData, type SplitName } from '../../data/reader.ts';

/** Pictures of one split by class, as they lie in folders. */
interface Split {
  readonly folder: string;
  readonly byClass: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads `root/<class>/…/<picture>`, or the same below `root/train`, `root/val` and `root/test` (also `training`,
 * `valid`, `validation`, `testing`). Class names are the folders', in code-point order, as torchvision's `ImageFolder` has
 * them. Pictures are found, not decoded.
 *
 * @param limits what decoding a picture may cost
 * @param wanted class names to number the labels by (a checkpoint's); default: the training folder's
 * @throws CardinalError if there are no class folders, fewer than two classes, a class without pictures, or a class in
 * `val` or `test` that `train` lacks
 */
export async function readFolders(
  root: string,
  limits: PictureLimits,
  wanted?: readonly string[],
): Promise<ReadData> {
  const listing = await listFolder(root);
  if (listing.folders.length === 0) throw noClassFolders(root, listing);
  const leftOut = new LeftOutTally();
  const splits = new Map<SplitName, Split>();
  const found = await splitFolders(root, listing);
  for (const [split, folder] of found) splits.set(split, await readSplit(folder, { root, split, leftOut }));
  if (found.every(([, folder]) => folder !== root)) {
    await tellBeside(root, listing, new Set(found.map(([, folder]) => folder)), leftOut);
  }

  const train = splits.get('train');
  const classes = wanted ?? classNames(train ? [train] : [...splits.values()]);
  if (wanted === undefined && classes.length < 2) {
    throw new CardinalError(
      `${root}: a classifier needs at least two class folders, found one: '${classes.join()}'`,
    );
  }
  const owner = wanted ? 'the network' : (train?.folder ?? root);
  const read = (name: SplitName): PictureDataset | undefined => {
    const split = splits.get(name);
    return split && datasetOf(split, limits, classes, owner);
  };
  for (const [name, split] of splits) {
    // The classes of a network need not all be there; those of data to train on are its folders, and need pictures.
    tellEmptyClasses(split, { root, split: name, leftOut }, name === 'train' && wanted === undefined);
  }
  return {
    kind: 'folders',
    classes,
    channels: 3,
    pictureSize: undefined,
    train: read('train'),
    val: read('val'),
    test: read('test'),
    leftOut: leftOut.list(),
  };
}

/**
 * The folder of each split; without split folders the root is the training split. A folder with a split's name that
 * holds pictures directly is a class (of `car`, `train`, `bus`), unless there are only such folders.
 */
async function splitFolders(root: string, listing: Listing): Promise<[SplitName, string][]> {
  const found: [SplitName, string][] = [];
  let flat: string | undefined;
  for (const folder of listing.folders) {
    const name = splitNamed(folder);
    if (name === undefined) continue;
    const path = join(root, folder);
    const other = found.find(([known]) => known === name);
    if (other) throw new CardinalError(`${other[1]} and ${path} are both a ${name} split: keep one of them`);
    if ((await listFolder(path)).files.some(isPictureName)) flat ??= path;
    found.push([name, path]);
  }
  const onlySplits = found.length > 0 && found.length === listing.folders.length;
  if (onlySplits && flat !== undefined) {
    throw new CardinalError(
      `${flat} holds pictures but no class folders: expected ${flat}/<class>/<picture>`,
    );
  }
  if (onlySplits || (flat === undefined && found.some(([name]) => name === 'train'))) return found;
  return [['train', root]];
}

async function readSplit(folder: string, place: Place): Promise<Split> {
  const listing = await listFolder(folder);
  if (listing.folders.length === 0) throw noClassFolders(folder, listing);
  const byClass = new Map<string, readonly string[]>();
  tellLoose(folder, listing, place);
  const around = { ancestors: [await realpath(folder)], visits: new Map<string, number>() };
  for (const name of listing.folders) {
    byClass.set(name, await findPictures(join(folder, name), place, around));
  }
  if ([...byClass.values()].every((pictures) => pictures.length === 0)) {
    throw new CardinalError(
      `${folder}: none of its ${byClass.size} folders holds a picture (${pictureFormatTitles})${insteadOf(place)}`,
    );
  }
  return { folder, byClass };
}

/** Files that lie outside of class folders: pictures are missed there, a licence is not. */
function tellLoose(folder: string, listing: Listing, { root, split, leftOut }: Place): void {
  // What is plainly no picture is no part of the data there, and not worth a word.
  const files = listing.files.filter((file) => isPictureName(file) || !leftOutFile(file).harmless);
  tellLeftOut(folder, { ...listing, files }, { root, split, leftOut });
  for (const name of files.filter(isPictureName)) {
    leftOut.add('loose-picture', pathBelow(root, join(folder, name)), { split });
  }
}

/** What lies beside the folders that are read. */
export async function tellBeside(
  root: string,
  listing: Listing,
  read: ReadonlySet<string>,
  leftOut: LeftOutTally,
): Promise<void> {
  tellLoose(root, listing, { root, split: undefined, leftOut });
  for (const name of listing.folders) {
    const folder = join(root, name);
    if (read.has(folder)) continue;
    const pictures = await findPictures(folder).catch(passOver<string[]>([]));
    leftOut.add('skipped-folder', name, { harmless: pictures.length === 0 });
  }
}

/** Tells of class folders without pictures. Throws a `CardinalError` if each class needs some. */
function tellEmptyClasses({ folder, byClass }: Split, place: Place, needed: boolean): void {
  for (const [name, pictures] of byClass) {
    if (pictures.length > 0) continue;
    const path = join(folder, name);
    if (needed) {
      throw new CardinalError(
        `${path} holds no picture (${pictureFormatTitles}): a class needs at least one${insteadOf(place, path)}`,
      );
    }
    place.leftOut.add('empty-class', pathBelow(place.root, path), { split: place.split });
  }
}

/** What was found instead of pictures, as the end of a message. */
function insteadOf({ root, split, leftOut }: Place, folder = root): string {
  const below = pathBelow(root, folder);
  const there = leftOutOf(leftOut.list(), split === undefined ? [] : [split]).filter(
    ({ kind, paths }) =>
      (kind === 'format' || kind === 'other-file') &&
      paths.some((path) => below === '' || path.startsWith(`${below}/`)),
  );
  const words = there.map(({ ending, reason }) => `${ending}${reason === undefined ? '' : ` (${reason})`}`);
  return words.length === 0 ? '' : `; there are ${words.join(', ')}`;
}

function datasetOf(
  { folder, byClass }: Split,
  limits: PictureLimits,
  classes: readonly string[],
  owner: string,
): PictureDataset {
  const labels: number[] = [];
  const paths: string[] = [];
  for (const [name, pictures] of byClass) {
    if (pictures.length === 0) continue;
    const label = classes.indexOf(name);
    if (label < 0) throw unknownClass(folder, name, classes, owner);
    for (const picture of pictures) {
      labels.push(label);
      paths.push(join(folder, name, picture));
    }
  }
  return pictureDataset({
    name: folder,
    classes,
    labels: Int32Array.from(labels),
    source: { kind: 'files', paths, limits },
    id: (index) => paths[index],
    key: (index) => pathBelow(folder, paths[index]),
  });
}

function classNames(splits: readonly Split[]): string[] {
  return [...new Set(splits.flatMap(({ byClass }) => [...byClass.keys()]))].sort(byCodePoint);
}

function noClassFolders(folder: string, { files }: Listing): CardinalError {
  const pictures = files.filter(isPictureName).length;
  return new CardinalError(
    pictures > 0
      ? `${folder} holds ${pictures} pictures but no class folders: expected ${folder}/<class>/<picture>`
      : `${folder} is empty: expected class folders of pictures, CIFAR binary files (data_batch_1.bin, train.bin) or IDX files (train-images-idx3-ubyte)`,
  );
}
