import { described } from '../../base/described.ts';
import { UsageError } from '../../base/errors.ts';
import { isPlain, record } from '../../base/options.ts';
import type { LabelRecord } from '../../data/labels/label-table.ts';
import { requireNothingMissed } from '../../data/left-out.ts';
import type { OpenData, OpenOptions } from '../../data/open-data.ts';
import { checkOpenOptions, openFolder, withHeldOut } from '../../data/open-folder.ts';
import { pictureLimits } from '../../data/picture-limits.ts';
import {
  chosenFolder,
  folderOfFiles,
  folderOfHandle,
  folderOfLists,
  listOf,
  type DirectoryHandleLike,
  type PageFiles,
  type PageFolder,
  type PageFolders,
} from './file-tree.ts';
import { PageRecords } from './page-records.ts';

/** Labelled pictures of a page's visitor. */
export type PicturesSource = PageFolders | PageFiles | DirectoryHandleLike;

/**
 * Opens labelled pictures in a page: files by their classes (`{ cats: files, dogs: files }`), a `FileSystemDirectoryHandle` or the files of
 * an `<input type="file" webkitdirectory>`, laid out as `openData` of `cardinal-nn/node` reads folders; or CIFAR's `.bin` files or IDX files,
 * gzipped or not. Names are listed and labels read: no picture is. The same files are the same data as their folder in Node, split in the
 * same way, so a run that was begun with one continues with the other.
 *
 * @param options as `openData` has them; `labels` are those of a program, by the picture's name below the folder (`cats/1.jpg`); `strict` refuses what is left out here, and pictures that cannot be decoded are found where
 * they are decoded
 * @throws UsageError for anything else
 * @throws CardinalError in one line for everything that is wrong with the data
 */
export async function openPictures(source: PicturesSource, options: OpenOptions = {}): Promise<OpenData> {
  checkOpenOptions('openPictures', options);
  const { name, folder } = await rootOf(source);
  const folders = new PageRecords(name, folder);
  const data =
    options.labels === undefined
      ? await openFolder(name, options, folders)
      : await openLabelled(name, options.labels, options, folders);
  if (options.strict === true) requireNothingMissed(data.path, data.leftOut);
  return data;
}

/** Pictures anywhere in the folder, with labels that the page has; those of a file it reads itself. */
async function openLabelled(
  name: string,
  labels: OpenOptions['labels'],
  options: OpenOptions,
  folders: PageRecords,
): Promise<OpenData> {
  if (!record.is(labels)) {
    throw new UsageError(
      `openPictures: expected labels by picture, { 'a.jpg': ['cat', 'dog'] } or numbers, got ${described(labels)}`,
    );
  }
  const [{ tableOfRecord }, { readLabelled }] = await Promise.all([
    import('../../data/labels/label-table.ts'),
    import('../../data/labels/read-labelled.ts'),
  ]);
  const table = tableOfRecord(labels as LabelRecord, 'labels', options.classes);
  const read = await readLabelled(name, table, 'labels', pictureLimits(options), folders);
  return withHeldOut(read, name, options);
}

const wanted =
  'openPictures: expected files by their classes, { cats: files, dogs: files }, a FileSystemDirectoryHandle, the files of a folder, or CIFAR or IDX files';

/** The folder, and its name for messages. */
async function rootOf(source: unknown): Promise<{ readonly name: string; readonly folder: PageFolder }> {
  if (isHandle(source))
    return { name: source.name === '' ? 'pictures' : source.name, folder: folderOfHandle(source) };
  const files = listOf(source);
  if (files !== undefined) {
    const chosen = await chosenFolder(files);
    if (chosen !== undefined) return chosen;
    if (files.length === 0) throw new UsageError(`${wanted}, got an empty list: was nothing chosen?`);
    return { name: 'pictures', folder: await folderOfFiles(files) };
  }
  if (isPlain(source)) return { name: 'pictures', folder: await folderOfLists(source as PageFolders) };
  throw new UsageError(`${wanted}, got ${described(source)}`);
}

function isHandle(value: unknown): value is DirectoryHandleLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'directory' &&
    'values' in value
  );
}
