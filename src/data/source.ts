import { UsageError } from '../base/errors.ts';
import { anything, callback, checkKind, checkOptions, text, texts, type Kinds } from '../base/options.ts';
import { checkDataset, checkSamples } from './arguments.ts';
import type { Dataset, Picture } from './dataset.ts';
import type { MemorySource, PictureSource, RecordSource, StreamSource } from './picture-source.ts';
import { sharedMemory } from './shared-memory.ts';
import { requireKept } from './own/require-kept.ts';
import { checkTargets, pickedTargets } from './targets.ts';
import type { Targets } from './task.ts';

export type { MemorySource, PictureSource } from './picture-source.ts';

/** A dataset with its pictures: what the readers return and the loader takes. */
export interface PictureDataset extends Dataset {
  readonly labels: Int32Array;
  readonly source: PictureSource;
  /** Identifies sample `index` wherever the source was moved to; default: its id. */
  key?(index: number): string;
  /** Some of its pictures that stand for all, where these come one after the other: to be looked at, listed and hashed. */
  readonly known?: PictureDataset | undefined;
}

/** What a dataset is made of. */
export interface DatasetParts {
  readonly name: string;
  readonly classes: readonly string[];
  /** The class of each sample. */
  readonly labels: Int32Array;
  readonly source: PictureSource;
  readonly id: (index: number) => string;
  readonly key?: ((index: number) => string) | undefined;
  /** What samples have in place of one class each. */
  readonly targets?: Targets | undefined;
}

const datasetKinds: Kinds<DatasetParts> = {
  name: text,
  classes: texts,
  labels: anything,
  source: anything,
  id: callback,
  key: callback,
  targets: anything,
};

/** Makes a dataset of labels and pictures. Throws a `UsageError` unless each label has a class and a picture. */
export function pictureDataset(options: DatasetParts): PictureDataset {
  checkOptions('pictureDataset', options, datasetKinds, ['name', 'classes', 'labels', 'source', 'id']);
  const { name, classes, labels, source, id, key, targets } = options;
  checkSamples(classes, labels, source);
  checkTargets(options);
  return {
    ...{ name, classes, labels, source, id, length: labels.length },
    ...(key && { key }),
    ...(targets && { targets }),
    label: (index) => labels[index],
  };
}

/** Identifies a sample in its dataset wherever that was moved to, as far as is known. */
export function keyOf(dataset: PictureDataset, index: number): string {
  return dataset.key === undefined ? dataset.id(index) : dataset.key(index);
}

/** The samples `indices` of a dataset, in that order. Pixels are shared, not copied. */
export function subset(dataset: PictureDataset, indices: Uint32Array, name: string): PictureDataset {
  checkDataset('subset', dataset);
  checkKind('subset', 'the indices', indices, {
    expected: `a Uint32Array of numbers below ${dataset.length}`,
    is: (value) =>
      Object.prototype.toString.call(value) === '[object Uint32Array]' &&
      indices.every((index) => index < dataset.length),
  });
  const { source, classes } = dataset;
  requireKept(source, dataset.name);
  return pictureDataset({
    name,
    classes,
    targets: pickedTargets(dataset, indices),
    labels: pickedNumbers(dataset.labels, indices, new Int32Array(sharedMemory(4 * indices.length))),
    source: subsetOf(source, indices),
    id: (index) => dataset.id(indices[index]),
    key: (index) => keyOf(dataset, indices[index]),
  });
}

function subsetOf(source: Exclude<PictureSource, StreamSource>, indices: Uint32Array): PictureSource {
  if (source.kind !== 'files') {
    const rows = new Uint32Array(sharedMemory(4 * indices.length));
    return { ...source, rows: pickedNumbers(source.rows, indices, rows) };
  }
  return {
    ...source,
    paths: picked(source.paths, indices),
    contents: source.contents && picked(source.contents, indices),
  };
}

function pickedNumbers<T extends Int32Array | Uint32Array>(all: T, indices: Uint32Array, into: T): T {
  for (let at = 0; at < into.length; at++) into[at] = all[indices[at]];
  return into;
}

function picked<T>(all: readonly T[], indices: Uint32Array): T[] {
  return Array.from(indices, (index) => all[index]);
}

/** A source whose records are in memory. Throws a `UsageError` if they are to be read first. */
export function inMemory(source: MemorySource | RecordSource | StreamSource): MemorySource {
  if (source.kind === 'memory') return source;
  requireKept(source, 'they');
  throw new UsageError(
    `the records of ${source.parts[0].name} are not in memory yet: expected what openDataFrom gives`,
  );
}

/** Sample `index` of a source in memory. */
export function pictureInMemory(source: MemorySource, index: number): Picture {
  const { width, height, channels } = source;
  const size = width * height * channels;
  const start = source.rows[index] * source.recordBytes + source.pixelOffset;
  const record = source.bytes.subarray(start, start + size);
  const data = new Uint8Array(size);
  if (source.layout === 'interleaved' || channels === 1) {
    data.set(record);
  } else {
    const plane = width * height;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < plane; i++) data[i * channels + c] = record[c * plane + i];
    }
  }
  return { width, height, channels, data };
}
