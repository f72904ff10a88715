import { CardinalError, passOver } from '../base/errors.ts';
import { byCodePoint } from '../base/order.ts';
import { leftOutOf, LeftOutTally } from './left-out.ts';
import { pictureFormatTitles } from './picture-format.ts';
import type { PictureLimits } from './picture-limits.ts';
import { pictureDataset, type PictureDataset } from './source.ts';
import { findPictures, tellLeftOut, type Place } from './find-pictures.ts';
import type { Folders, Listing } from './folders.ts';
import { leftOutFile } from './picture-names.ts';
import { splitNamed, unknownClass, type ReadData, type SplitName } from './reader.ts';

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
  wanted: readonly string[] | undefined,
  folders: Folders,
): Promise<ReadData> {
  const listing = await folders.list(root);
  if (listing.folders.length === 0) throw noClassFolders(root, listing, folders);
  const leftOut = new LeftOutTally();
  const splits = new Map<SplitName, Split>();
  const found = await splitFolders(root, listing, folders);
  for (const [split, folder] of found)
    splits.set(split, await readSplit(folder, { root, split, leftOut }, folders));
  if (found.every(([, folder]) => folder !== root)) {
    await tellBeside(root, listing, new Set(found.map(([, folder]) => folder)), leftOut, folders);
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
    return split && datasetOf(split, limits, classes, owner, folders);
  };
  for (const [name, split] of splits) {
    // The classes of a network need not all be there; those of data to train on are its folders, and need pictures.
    tellEmptyClasses(
      split,
      { root, split: name, leftOut },
      name === 'train' && wanted === undefined,
      folders,
    );
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
async function splitFolders(
  root: string,
  listing: Listing,
  folders: Folders,
): Promise<[SplitName, string][]> {
  const found: [SplitName, string][] = [];
  let flat: string | undefined;
  for (const folder of listing.folders) {
    const name = splitNamed(folder);
    if (name === undefined) continue;
    const path = folders.join(root, folder);
    const other = found.find(([known]) => known === name);
    if (other) throw new CardinalError(`${other[1]} and ${path} are both a ${name} split: keep one of them`);
    if ((await folders.list(path)).files.some(folders.isPictureName)) flat ??= path;
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

async function readSplit(folder: string, place: Place, folders: Folders): Promise<Split> {
  const listing = await folders.list(folder);
  if (listing.folders.length === 0) throw noClassFolders(folder, listing, folders);
  const byClass = new Map<string, readonly string[]>();
  tellLoose(folder, listing, place, folders);
  const around = { ancestors: [await folders.identify(folder)], visits: new Map<string, number>() };
  for (const name of listing.folders) {
    byClass.set(name, await findPictures(folders.join(folder, name), folders, place, around));
  }
  if ([...byClass.values()].every((pictures) => pictures.length === 0)) {
    throw new CardinalError(
      `${folder}: none of its ${byClass.size} folders holds a picture (${pictureFormatTitles})${insteadOf(place, folders)}`,
    );
  }
  return { folder, byClass };
}

/** Files that lie outside of class folders: pictures are missed there, a licence is not. */
function tellLoose(
  folder: string,
  listing: Listing,
  { root, split, leftOut }: Place,
  folders: Folders,
): void {
  // What is plainly no picture is no part of the data there, and not worth a word.
  const files = listing.files.filter((file) => folders.isPictureName(file) || !leftOutFile(file).harmless);
  tellLeftOut(folder, { ...listing, files }, { root, split, leftOut }, folders);
  for (const name of files.filter(folders.isPictureName)) {
    leftOut.add('loose-picture', folders.below(root, folders.join(folder, name)), { split });
  }
}

/** What lies beside the folders that are read. */
export async function tellBeside(
  root: string,
  listing: Listing,
  read: ReadonlySet<string>,
  leftOut: LeftOutTally,
  folders: Folders,
): Promise<void> {
  tellLoose(root, listing, { root, split: undefined, leftOut }, folders);
  for (const name of listing.folders) {
    const folder = folders.join(root, name);
    if (read.has(folder)) continue;
    const pictures = await findPictures(folder, folders).catch(passOver<string[]>([]));
    leftOut.add('skipped-folder', name, { harmless: pictures.length === 0 });
  }
}

/** Tells of class folders without pictures. Throws a `CardinalError` if each class needs some. */
function tellEmptyClasses({ folder, byClass }: Split, place: Place, needed: boolean, folders: Folders): void {
  for (const [name, pictures] of byClass) {
    if (pictures.length > 0) continue;
    const path = folders.join(folder, name);
    if (needed) {
      throw new CardinalError(
        `${path} holds no picture (${pictureFormatTitles}): a class needs at least one${insteadOf(place, folders, path)}`,
      );
    }
    place.leftOut.add('empty-class', folders.below(place.root, path), { split: place.split });
  }
}

/** What was found instead of pictures, as the end of a message. */
function insteadOf({ root, split, leftOut }: Place, folders: Folders, folder = root): string {
  const below = folders.below(root, folder);
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
  folders: Folders,
): PictureDataset {
  const labels: number[] = [];
  const paths: string[] = [];
  for (const [name, pictures] of byClass) {
    if (pictures.length === 0) continue;
    const label = classes.indexOf(name);
    if (label < 0) throw unknownClass(folder, name, classes, owner);
    for (const picture of pictures) {
      labels.push(label);
      paths.push(folders.join(folders.join(folder, name), picture));
    }
  }
  return pictureDataset({
    name: folder,
    classes,
    labels: Int32Array.from(labels),
    source: { kind: 'files', paths, contents: folders.contentOf && paths.map(folders.contentOf), limits },
    id: (index) => paths[index],
    key: (index) => folders.below(folder, paths[index]),
  });
}

function classNames(splits: readonly Split[]): string[] {
  return [...new Set(splits.flatMap(({ byClass }) => [...byClass.keys()]))].sort(byCodePoint);
}

function noClassFolders(folder: string, { files }: Listing, { isPictureName }: Folders): CardinalError {
  const pictures = files.filter(isPictureName).length;
  return new CardinalError(
    pictures > 0
      ? `${folder} holds ${pictures} pictures but no class folders: expected ${folder}/<class>/<picture>`
      : `${folder} is empty: expected class folders of pictures, CIFAR binary files (data_batch_1.bin, train.bin) or IDX files (train-images-idx3-ubyte)`,
  );
}
