import { objectWith } from '../base/options.ts';
import { isEncoded, pathOf } from './file-source.ts';
import type { PictureLimitOptions } from './picture-limits.ts';
import type { LabelRecord } from './labels/label-table.ts';
import type { HeldOut } from './picture-record.ts';
import type { PictureSource } from './picture-source.ts';
import type { ReadData, SplitName } from './reader.ts';
import { recordReader } from './read-records.ts';
import type { Targets } from './task.ts';
import { keyOf, pictureDataset, type PictureDataset } from './source.ts';

/** Labelled pictures of one source, ready to be loaded; `leftOutLine` says `leftOut` in words. */
export interface OpenData extends ReadData {
  /** The folder as it was given. */
  readonly path: string;
  /** True if `val` was held out of the training pictures because the source has none. */
  readonly valHeldOut: boolean;
  /** How it was, then. */
  readonly heldOut?: HeldOut | undefined;
  /** The file that its labels were read from, absolute; absent if there is none, or they were given. */
  readonly labels?: string | undefined;
  /** Mean and standard deviation that pictures are normalised with unless others are given; absent if they are to be measured. */
  readonly statistics?: { readonly mean: readonly number[]; readonly std: readonly number[] } | undefined;
}

/** Limits of pictures hold for everything that is done with the data: they go with its datasets. */
export interface OpenOptions extends PictureLimitOptions {
  /** Decides which pictures are held out for validation. Default 0. */
  readonly seed?: number | undefined;
  /** Share of every training class that is held out where the source has no validation split. Default 0.1; 0: none. */
  readonly valFraction?: number | undefined;
  /**
   * Labels of pictures that are not in class folders: a CSV or JSON file of them, or what the JSON would be, by the picture's name below the
   * folder: several labels each, or numbers. For folders on a disk.
   */
  readonly labels?: string | LabelRecord | undefined;
  /** Class names to number the labels by (a checkpoint's). The data's own must be among them, or equal to them. */
  readonly classes?: readonly string[] | undefined;
  /** Refuse what is left out and may be missed; decode every picture now and refuse the first that cannot be. */
  readonly strict?: boolean | undefined;
}

/** What functions take that come after `openData`. */
export const openDataKind = objectWith('what openData gives once it is awaited', 'train', 'classes', 'path');

/** A dataset without its functions, which cannot be sent to a worker. */
interface SentDataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  readonly source: PictureSource;
  /** What `id` gives for each sample, and `key`; those of `ids` are the paths where there are none. */
  readonly ids: readonly string[] | undefined;
  readonly keys: readonly string[] | undefined;
  readonly targets: Targets | undefined;
}

/** Opened data as it can be sent to a worker: `openDataFrom` makes the data of it again there. */
export interface OpenDataParts extends Omit<OpenData, SplitName> {
  readonly splits: Readonly<Record<SplitName, SentDataset | undefined>>;
}

/** Opened data as plain data that can be cloned into a worker. Blobs and handles in it are not read, memory that is shared stays so. */
export function openDataParts({ train, val, test, ...data }: OpenData): OpenDataParts {
  return { ...data, splits: { train: sent(train), val: sent(val), test: sent(test) } };
}

/**
 * The data of which these are the parts. Records that lie in blobs are read into memory. Throws a `CardinalError` if they are
 * not what they were.
 */
export async function openDataFrom({ splits, ...data }: OpenDataParts): Promise<OpenData> {
  const read = recordReader();
  const received = async (dataset: SentDataset | undefined): Promise<PictureDataset | undefined> => {
    if (dataset === undefined) return undefined;
    const { source: sentSource, ids, keys, ...facts } = dataset;
    const source = sentSource.kind === 'records' ? await read(sentSource) : sentSource;
    const id = ids
      ? (index: number) => ids[index]
      : (index: number) => (isEncoded(source) ? pathOf(source, index) : '');
    const key = keys && ((index: number) => keys[index]);
    return pictureDataset({ ...facts, source, id, key });
  };
  const { train, val, test } = splits;
  return { ...data, train: await received(train), val: await received(val), test: await received(test) };
}

function sent(dataset: PictureDataset | undefined): SentDataset | undefined {
  if (dataset === undefined) return undefined;
  const { name, classes, labels, source, targets } = dataset;
  const ids = Array.from(labels, (_, index) => dataset.id(index));
  const keys = dataset.key && Array.from(labels, (_, index) => keyOf(dataset, index));
  const arePaths = isEncoded(source) && ids.every((id, index) => id === pathOf(source, index));
  const areIds = keys?.every((key, index) => key === ids[index]) ?? true;
  return {
    ...{ name, classes, labels, source, targets },
    ...{ ids: arePaths ? undefined : ids, keys: areIds ? undefined : keys },
  };
}
