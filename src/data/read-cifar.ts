import { cifar10Classes, cifarFormats, type CifarFormat } from './cifar.ts';
import type { Listing } from './folders.ts';
import type { RecordFolders } from './record-files.ts';
import { pictureDataset, type PictureDataset } from './source.ts';
import { numberedClasses, type ReadData } from './reader.ts';

interface CifarFiles {
  readonly format: CifarFormat;
  readonly train: readonly string[];
  readonly test: readonly string[];
}

/** The CIFAR files in a folder, or undefined if it holds none. */
export function findCifar({ files }: Listing): CifarFiles | undefined {
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
 * Reads CIFAR-10 or CIFAR-100 (fine labels). Names come from `batches.meta.txt` or
 * `fine_label_names.txt`, where they lie beside the data.
 */
export async function readCifar(
  folder: string,
  files: CifarFiles,
  wanted: readonly string[] | undefined,
  folders: RecordFolders,
): Promise<ReadData> {
  const { format } = files;
  const own =
    (await namesBeside(folder, format, folders)) ?? (format.kind === 'cifar10' ? cifar10Classes : undefined);
  const classes = numberedClasses(folder, own, format.classes, wanted);
  const read = (names: readonly string[]): Promise<PictureDataset> | undefined =>
    names.length > 0 ? readRecords(folder, names, format, classes, folders) : undefined;
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
  folders: RecordFolders,
): Promise<PictureDataset> {
  const { labels: labelsOf, records } = await folders.readCifar(
    names.map((name) => folders.join(folder, name)),
    format,
  );
  const labels = labelsOf.flatMap((some) => [...some]);
  const ids: { readonly name: string; readonly end: number; readonly start: number }[] = [];
  for (const [index, name] of names.entries()) {
    const start = ids.at(-1)?.end ?? 0;
    ids.push({ name, start, end: start + labelsOf[index].length });
  }
  return pictureDataset({
    name: folders.join(folder, names.length === 1 ? names[0] : `${names[0]} … ${names[names.length - 1]}`),
    classes,
    labels: Int32Array.from(labels),
    source: {
      ...records,
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
async function namesBeside(
  folder: string,
  format: CifarFormat,
  folders: RecordFolders,
): Promise<string[] | undefined> {
  const file = format.kind === 'cifar10' ? 'batches.meta.txt' : 'fine_label_names.txt';
  const text = (await folders.readNames(folders.join(folder, file))) ?? '';
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return names.length === format.classes ? names : undefined;
}
