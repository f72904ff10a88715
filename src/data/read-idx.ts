import { CardinalError } from '../base/errors.ts';
import type { Listing } from './folders.ts';
import type { RecordBytes, RecordFolders } from './record-files.ts';
import { pictureDataset, type PictureDataset } from './source.ts';
import { numberedClasses, splitNamed, type ReadData, type SplitName } from './reader.ts';

/** File names of one split. */
interface IdxFiles {
  images?: string;
  labels?: string;
}

/** `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `emnist-letters-test-images-idx3-ubyte`. */
const fileName = /^(?:.*-)?(train|t10k|test|val|valid|validation)-(images|labels)[-.]idx[13]-ubyte(?:\.gz)?$/;

/** The IDX files in a folder by split, or undefined if it holds none. An unzipped file goes before its zipped twin. */
export function findIdx({ files: names }: Listing): Map<SplitName, IdxFiles> | undefined {
  const found = new Map<SplitName, IdxFiles>();
  for (const file of names) {
    const match = fileName.exec(file);
    const split = match ? splitNamed(match[1]) : undefined;
    if (!match || !split) continue;
    const files = found.get(split) ?? {};
    if (match[2] === 'images') files.images ??= file;
    else files.labels ??= file;
    found.set(split, files);
  }
  return found.size > 0 ? found : undefined;
}

/**
 * Reads the IDX files of the MNIST family. Class names come from `classes.json` (a list of names) or
 * `classes.txt` (one to a line) beside them; without, labels are their own names.
 */
export async function readIdx(
  folder: string,
  files: ReadonlyMap<SplitName, IdxFiles>,
  wanted: readonly string[] | undefined,
  folders: RecordFolders,
): Promise<ReadData> {
  const own = await folders.readClassNames(folder);
  const splits = new Map<SplitName, RawSplit>();
  for (const [name, pair] of files) splits.set(name, await readPair(folder, name, pair, folders));

  const train = splits.get('train');
  const largest = [...(train ? [train] : splits.values())].reduce(
    (max, split) => split.labels.reduce((m, label) => Math.max(m, label), max),
    0,
  );
  const classes = numberedClasses(folder, own, largest + 1, wanted);
  if (classes.length < 2) throw new CardinalError(`${folder}: a classifier needs two classes, found one`);
  const sizes = [...splits.values()].map(({ height, width }) => `${height}×${width}`);
  if (new Set(sizes).size > 1) {
    throw new CardinalError(`${folder}: its splits hold pictures of different sizes: ${sizes.join(', ')}`);
  }
  const read = (name: SplitName): PictureDataset | undefined => {
    const split = splits.get(name);
    return split && datasetOf(split, classes);
  };
  const [{ height, width }] = splits.values();
  return {
    kind: 'idx',
    classes,
    channels: 1,
    pictureSize: [height, width],
    train: read('train'),
    val: read('val'),
    test: read('test'),
    leftOut: [],
  };
}

interface RawSplit {
  readonly imagesPath: string;
  readonly imagesFile: string;
  readonly labelsPath: string;
  readonly height: number;
  readonly width: number;
  readonly records: RecordBytes;
  readonly labels: Int32Array;
}

async function readPair(
  folder: string,
  split: SplitName,
  { images, labels }: IdxFiles,
  folders: RecordFolders,
): Promise<RawSplit> {
  if (images === undefined || labels === undefined) {
    throw new CardinalError(
      `${folder}: the ${images === undefined ? 'image' : 'label'} file that belongs to ${images ?? labels ?? split} is missing`,
    );
  }
  const imagesPath = folders.join(folder, images);
  const labelsPath = folders.join(folder, labels);
  const imageFile = await folders.openIdx(imagesPath, 3);
  try {
    const labelFile = await folders.openIdx(labelsPath, 1);
    try {
      const [count, height, width] = imageFile.header.shape;
      // Before either is read: what a small file says of a large one must be said twice.
      if (count !== labelFile.header.shape[0]) {
        throw new CardinalError(
          `${labelsPath}: expected ${count} labels, one for each picture of ${images}, got ${labelFile.header.shape[0]}`,
        );
      }
      if (imageFile.header.size === 0) throw new CardinalError(`${imagesPath} holds no pictures`);
      return {
        imagesPath,
        imagesFile: images,
        labelsPath,
        height,
        width,
        labels: Int32Array.from(await labelFile.bytes()),
        records: await imageFile.records(),
      };
    } finally {
      await labelFile.close();
    }
  } finally {
    await imageFile.close();
  }
}

function datasetOf(split: RawSplit, classes: readonly string[]): PictureDataset {
  const { imagesPath, imagesFile, labelsPath, height, width, records, labels } = split;
  const wrong = labels.findIndex((label) => label >= classes.length);
  if (wrong >= 0) {
    throw new CardinalError(
      `${labelsPath}, record ${wrong}: expected a label from 0 to ${classes.length - 1}, got ${labels[wrong]}`,
    );
  }
  return pictureDataset({
    name: imagesPath,
    classes,
    labels,
    source: {
      ...records,
      width,
      height,
      channels: 1,
      layout: 'interleaved',
      recordBytes: height * width,
      pixelOffset: 0,
      rows: Uint32Array.from(labels.keys()),
    },
    id: (index) => `${imagesFile}#${index}`,
    // The same pictures, zipped or not.
    key: (index) => `${imagesFile.replace(/\.gz$/, '')}#${index}`,
  });
}
