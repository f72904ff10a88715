import { realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { CardinalError } from '../../base/errors.ts';
import { pictureFormatTitles } from '../../data/picture-format.ts';
import { pictureDataset, type PictureDataset } from '../../data/source.ts';
import { findPictures, isPictureName, listFolder, type Listing } from './files.ts';
import { splitNamed, unknownClass, type ReadData, type SplitName } from './reader.ts';

/** Pictures of one split by class, as they lie in folders. */
interface Split {
  readonly folder: string;
  readonly byClass: ReadonlyMap<string, readonly string[]>;
  readonly ignored: number;
}

/**
 * Reads `root/<class>/…/<picture>`, or the same below `root/train`, `root/val` and `root/test` (also `training`,
 * `valid`, `validation`, `testing`). Class names are the folders', in code-unit order, as torchvision's `ImageFolder` has
 * them. Pictures are found, not decoded.
 *
 * @param wanted class names to number the labels by (a checkpoint's); default: the training folder's
 * @throws CardinalError if there are no class folders, fewer than two classes, a class without pictures, or a class in
 * `val` or `test` that `train` lacks
 */
export async function readFolders(root: string, wanted?: readonly string[]): Promise<ReadData> {
  const listing = await listFolder(root);
  if (listing.folders.length === 0) throw noClassFolders(root, listing);
  const splits = new Map<SplitName, Split>();
  for (const [name, folder] of await splitFolders(root, listing)) {
    splits.set(name, await readSplit(folder));
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
    return split && datasetOf(split, classes, owner, name === 'train');
  };
  return {
    kind: 'folders',
    classes,
    channels: 3,
    pictureSize: undefined,
    train: read('train'),
    val: read('val'),
    test: read('test'),
    ignoredFiles: [...splits.values()].reduce((sum, { ignored }) => sum + ignored, 0),
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
    throw new CardinalError(`${flat} holds pictures but no class folders: expected ${flat}/<class>/<picture>`);
  }
  if (onlySplits || (flat === undefined && found.some(([name]) => name === 'train'))) return found;
  return [['train', root]];
}

async function readSplit(folder: string): Promise<Split> {
  const listing = await listFolder(folder);
  if (listing.folders.length === 0) throw noClassFolders(folder, listing);
  const byClass = new Map<string, readonly string[]>();
  let ignored = listing.files.length;
  const real = await realpath(folder);
  for (const name of listing.folders) {
    const found = await findPictures(join(folder, name), [real]);
    byClass.set(name, found.pictures);
    ignored += found.ignored;
  }
  if ([...byClass.values()].every((pictures) => pictures.length === 0)) {
    throw new CardinalError(
      `${folder}: none of its ${byClass.size} folders holds a picture (${pictureFormatTitles})`,
    );
  }
  return { folder, byClass, ignored };
}

function datasetOf(
  { folder, byClass }: Split,
  classes: readonly string[],
  owner: string,
  everyClassNeeded: boolean,
): PictureDataset {
  const labels: number[] = [];
  const paths: string[] = [];
  for (const [name, pictures] of byClass) {
    if (pictures.length === 0) {
      if (everyClassNeeded) {
        throw new CardinalError(
          `${join(folder, name)} holds no picture (${pictureFormatTitles}): a class needs at least one`,
        );
      }
      continue;
    }
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
    source: { kind: 'files', paths },
    id: (index) => paths[index],
  });
}

function classNames(splits: readonly Split[]): string[] {
  return [...new Set(splits.flatMap(({ byClass }) => [...byClass.keys()]))].sort();
}

function noClassFolders(folder: string, { files }: Listing): CardinalError {
  const pictures = files.filter(isPictureName).length;
  return new CardinalError(
    pictures > 0
      ? `${folder} holds ${pictures} pictures but no class folders: expected ${folder}/<class>/<picture>`
      : `${folder} is empty: expected class folders of pictures, CIFAR binary files (data_batch_1.bin, train.bin) or IDX files (train-images-idx3-ubyte)`,
  );
}
