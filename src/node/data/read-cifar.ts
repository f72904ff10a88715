import { join } from 'node:path';

import {
  cifar10Classes,
  cifarFormats,
  cifarLabels,
  requireCifarSize,
  type CifarFormat,
} from '../../data/cifar.ts';
import { pictureDataset, type PictureDataset } from '../../data/source.ts';
import { failing } from '../../base/file-errors.ts';
import { openRegular, readInto, type RegularFile } from '../regular-file.ts';
import { listFolder, readNames } from './files.ts';
import { numberedClasses, type ReadData } from '../../data/reader.ts';

interface CifarFiles {
  readonly format: CifarFormat;
  readonly train: readonly string[];
  readonly test: readonly string[];
}

/** The CIFAR files in a folder, or undefined if it holds none. */
export async function findCifar(folder: string): Promise<CifarFiles | undefined> {
  const { files } = await listFolder(folder);
  const named = (pattern: RegExp): string[] => files.filter((file) => pattern.test(file));
  const cifar10 = {
    format: cifarFormats.cifar10,
    train: named(/^data_batch_[1-9]\.bin$/),
    test: named(/^test_batch\.bin$/),
  };
  if (cifar10.train.length + cifar10.test.length > 0) return cifar10;
  const cifar100 = {
    format: cifarFormats.cifar100,
    train: named(/^train\.bin$/),
    test: named(/^test\.bin$/),
  };
  return cifar100.train.length + cifar100.test.length > 0 ? cifar100 : undefined;
}

/**
 * Reads CIFAR-10 or CIFAR-100 (fine labels) into shared memory. Names come from `batches.meta.txt` or
 * `fine_label_names.txt`, where they lie beside the data.
 */
export async function readCifar(
  folder: string,
  files: CifarFiles,
  wanted?: readonly string[],
): Promise<ReadData> {
  const { format } = files;
  const own = (await namesBeside(folder, format)) ?? (format.kind === 'cifar10' ? cifar10Classes : undefined);
  const classes = numberedClasses(folder, own, format.classes, wanted);
  const read = (names: readonly string[]): Promise<PictureDataset> | undefined =>
    names.length > 0 ? readRecords(folder, names, format, classes) : undefined;
  return {
    kind: format.kind,
    classes,
    channels: 3,
    pictureSize: [32, 32],
    train: await read(files.train),
    val: undefined,
    test: await read(files.test),
    leftOut: [],
  };
}

async function readRecords(
  folder: string,
  names: readonly string[],
  format: CifarFormat,
  classes: readonly string[],
): Promise<PictureDataset> {
  const opened: { readonly path: string; readonly file: RegularFile }[] = [];
  const labels: number[] = [];
  const ids: { readonly name: string; readonly end: number; readonly start: number }[] = [];
  let bytes: Uint8Array;
  try {
    for (const name of names) {
      const path = join(folder, name);
      const file = await openRegular(path).catch(failing('read', path));
      opened.push({ path, file });
      requireCifarSize(file.size, path, format);
    }
    // All sizes are known to be right before any memory is taken.
    bytes = new Uint8Array(new SharedArrayBuffer(opened.reduce((sum, { file }) => sum + file.size, 0)));
    let begin = 0;
    for (const [index, { path, file }] of opened.entries()) {
      const part = bytes.subarray(begin, begin + file.size);
      const there = await readInto(file.handle, part, 0).catch(failing('read', path));
      const start = labels.length;
      for (const label of cifarLabels(part.subarray(0, there), path, format)) labels.push(label);
      ids.push({ name: names[index], start, end: labels.length });
      begin += file.size;
    }
  } finally {
    // What was read is there, or the error that says why not is the one to report.
    for (const { file } of opened) await file.handle.close().catch(() => undefined);
  }
  return pictureDataset({
    name: join(folder, names.length === 1 ? names[0] : `${names[0]} … ${names[names.length - 1]}`),
    classes,
    labels: Int32Array.from(labels),
    source: {
      kind: 'memory',
      bytes,
      width: 32,
      height: 32,
      channels: 3,
      layout: 'planar',
      recordBytes: format.recordBytes,
      pixelOffset: format.labelBytes,
      rows: Uint32Array.from(labels.keys()),
    },
    id: (index) => {
      const file = ids.find(({ end }) => index < end);
      return file ? `${file.name}#${index - file.start}` : `#${index}`;
    },
  });
}

/** The names file, if it is there and has as many names as there are labels. */
async function namesBeside(folder: string, format: CifarFormat): Promise<string[] | undefined> {
  const file = format.kind === 'cifar10' ? 'batches.meta.txt' : 'fine_label_names.txt';
  const text = (await readNames(join(folder, file))) ?? '';
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return names.length === format.classes ? names : undefined;
}
