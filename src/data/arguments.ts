import { checkKind, record, type Kind } from '../base/options.ts';
import { UsageError } from '../base/errors.ts';
import { described } from '../base/described.ts';
import { countOf } from './file-source.ts';
import type { PictureSource } from './picture-source.ts';

const datasetKind: Kind = {
  expected: 'a dataset: train, val or test of what openData gives',
  is: (value) => record.is(value) && ['source', 'labels', 'classes'].every((part) => part in Object(value)),
};

/** Throws a `UsageError` unless `dataset` is one: plain JavaScript may call with anything. */
export function checkDataset(what: string, dataset: unknown): void {
  checkKind(what, 'the pictures', dataset, datasetKind);
}

/** Throws a `UsageError` unless there is a class and pixels for each sample of a dataset. */
export function checkSamples(classes: readonly string[], labels: Int32Array, source: PictureSource): void {
  const what = 'pictureDataset';
  checkKind(what, 'labels', labels, {
    expected: 'an Int32Array',
    is: (value) => Object.prototype.toString.call(value) === '[object Int32Array]',
  });
  const other = labels.find((label) => label < 0 || label >= classes.length);
  if (other !== undefined) {
    throw new UsageError(`${what}: expected labels from 0 to ${classes.length - 1}, got ${other}`);
  }
  checkKind(what, 'the source', source, {
    expected: "{ kind: 'memory', 'files' or 'shards', … }",
    is: (value) => record.is(value) && 'kind' in Object(value),
  });
  const count = countOf(source);
  if (count !== labels.length) {
    throw new UsageError(`${what}: expected ${labels.length} pictures, one for each label, got ${count}`);
  }
  if (source.kind === 'files') {
    const { paths, contents = paths } = source;
    if (contents.length !== paths.length) {
      throw new UsageError(
        `${what}: expected ${paths.length} contents, one for each path, got ${contents.length}`,
      );
    }
    return;
  }
  if (source.kind === 'shards') {
    const { length } = source.members.offsets;
    const outside = source.rows.find((row) => row >= length);
    if (outside === undefined) return;
    throw new UsageError(`${what}: expected rows below ${length}, the members there are, got ${outside}`);
  }
  if (source.kind === 'stream') return;
  const { width, height, channels, recordBytes, pixelOffset, rows } = source;
  for (const [name, value, least] of [
    ['width', width, 1],
    ['height', height, 1],
    ['recordBytes', recordBytes, 1],
    ['pixelOffset', pixelOffset, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < least) {
      throw new UsageError(
        `${what}: expected ${name} to be a whole number of at least ${least}, got ${described(value)}`,
      );
    }
  }
  const needed = pixelOffset + width * height * channels;
  if (recordBytes < needed) {
    throw new UsageError(
      `${what}: expected records of at least ${needed} bytes (${width}×${height}×${channels} behind ${pixelOffset}), got ${recordBytes}`,
    );
  }
  const bytes =
    source.kind === 'memory'
      ? source.bytes.length
      : source.parts.reduce((sum, { bytes: part }) => sum + part, 0);
  const held = Math.floor(bytes / recordBytes);
  const beyond = rows.find((row) => row >= held);
  if (beyond !== undefined) {
    throw new UsageError(`${what}: expected rows below ${held}, the records there are, got ${beyond}`);
  }
}
