import type { Dataset, Picture } from './dataset.ts';
import type { PictureLimits } from './picture-limits.ts';

/** Where pixels come from; plain data, so that it can be handed to a worker. */
export type PictureSource = MemorySource | FileSource;

/** Pictures of one size in one block of (shared) memory; sample `i` is record `rows[i]`. */
export interface MemorySource {
  readonly kind: 'memory';
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Planar: all of R, then G, then B, as CIFAR has them. */
  readonly layout: 'interleaved' | 'planar';
  /** Bytes from one record to the next, and from a record's start to its pixels. */
  readonly recordBytes: number;
  readonly pixelOffset: number;
  readonly rows: Uint32Array;
}

/** One file for each sample. */
export interface FileSource {
  readonly kind: 'files';
  readonly paths: readonly string[];
  /** What decoding one of them may cost, if not the usual. */
  readonly limits?: PictureLimits | undefined;
}

/** A dataset whose pictures can be had: what the readers return and the loader takes. */
export interface PictureDataset extends Dataset {
  readonly labels: Int32Array;
  readonly source: PictureSource;
  /** What tells sample `index` from others wherever the source was moved to; default: its id. */
  key?(index: number): string;
}

export function pictureDataset(options: {
  readonly name: string;
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  readonly source: PictureSource;
  readonly id: (index: number) => string;
  readonly key?: ((index: number) => string) | undefined;
}): PictureDataset {
  const { name, classes, labels, source, id, key } = options;
  return {
    ...{ name, classes, labels, source, id, length: labels.length },
    ...(key === undefined ? {} : { key }),
    label: (index) => labels[index],
  };
}

/** What tells a sample from the others of its dataset wherever it was moved to, as far as it is known. */
export function keyOf(dataset: PictureDataset, index: number): string {
  return dataset.key === undefined ? dataset.id(index) : dataset.key(index);
}

/** The samples `indices` of a dataset, in that order. Pixels are shared, not copied. */
export function subset(dataset: PictureDataset, indices: Uint32Array, name: string): PictureDataset {
  const { source } = dataset;
  return pictureDataset({
    name,
    classes: dataset.classes,
    labels: Int32Array.from(indices, (index) => dataset.labels[index]),
    source:
      source.kind === 'memory'
        ? { ...source, rows: indices.map((index) => source.rows[index]) }
        : { ...source, paths: Array.from(indices, (index) => source.paths[index]) },
    id: (index) => dataset.id(indices[index]),
    key: (index) => keyOf(dataset, indices[index]),
  });
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
