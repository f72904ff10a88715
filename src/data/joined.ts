import { isEncoded } from './file-source.ts';
import { joinedShards } from './shards/members.ts';
import { isShared, sharedBytes, sharedFloats } from './shared-memory.ts';
import {
  inMemory,
  keyOf,
  pictureDataset,
  type MemorySource,
  type PictureDataset,
  type PictureSource,
} from './source.ts';

/** The samples of the datasets of one source, one dataset after the other. */
export function joined(datasets: readonly PictureDataset[], name: string): PictureDataset {
  const [first] = datasets;
  if (datasets.length === 1) return first;
  const at: { readonly dataset: PictureDataset; readonly index: number }[] = datasets.flatMap((dataset) =>
    Array.from(dataset.labels, (_, index) => ({ dataset, index })),
  );
  return pictureDataset({
    name,
    classes: first.classes,
    targets: first.targets && {
      ...first.targets,
      values: joinedFloats(datasets.map(({ targets }) => targets?.values ?? new Float32Array(0))),
    },
    labels: Int32Array.from(at, ({ dataset, index }) => dataset.label(index)),
    source: joinedSource(datasets.map(({ source }) => source)),
    id: (position) => at[position].dataset.id(at[position].index),
    key: (position) => keyOf(at[position].dataset, at[position].index),
  });
}

function joinedFloats(parts: readonly Float32Array[]): Float32Array {
  const all = sharedFloats(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function joinedSource(sources: readonly PictureSource[]): PictureSource {
  const files = sources.filter((source) => source.kind === 'files');
  if (files.length > 0) {
    const [first] = files;
    return {
      ...first,
      paths: files.flatMap(({ paths }) => paths),
      contents: first.contents && files.flatMap(({ contents = [] }) => contents),
    };
  }
  const shards = sources.filter((source) => source.kind === 'shards');
  if (shards.length > 0) return joinedShards(shards);
  const memory = sources.flatMap((source) => (isEncoded(source) ? [] : [inMemory(source)]));
  const [first] = memory;
  return { ...first, bytes: concatenated(memory.map(({ bytes }) => bytes)), rows: joinedRows(memory) };
}

/** Rows count records of one block, and blocks lie one after the other. */
function joinedRows(sources: readonly MemorySource[]): Uint32Array {
  const rows: number[] = [];
  let before = 0;
  for (const source of sources) {
    for (const row of source.rows) rows.push(before + row);
    before += source.bytes.length / source.recordBytes;
  }
  return Uint32Array.from(rows);
}

/** Bytes one after the other, in memory as theirs is: shared with workers if it is. */
function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = isShared(parts[0].buffer) ? sharedBytes(total) : new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
