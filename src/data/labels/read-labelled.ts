import { CardinalError } from '../../base/errors.ts';
import { findPictures } from '../find-pictures.ts';
import type { Folders } from '../folders.ts';
import { LeftOutTally } from '../left-out.ts';
import type { PictureLimits } from '../picture-limits.ts';
import { splitNamed, type ReadData, type SplitName } from '../reader.ts';
import { sharedFloats, sharedMemory } from '../shared-memory.ts';
import { pictureDataset, type PictureDataset } from '../source.ts';
import type { LabelTable } from './label-table.ts';

/**
 * Pictures anywhere below `root`, with the labels of a table; those below a folder train, val or test are that split, all others train.
 * Pictures that the table does not name, and names without a picture, are left out. `from` is what the labels came from.
 *
 * @throws CardinalError if no picture has a label
 */
export async function readLabelled(
  root: string,
  table: LabelTable,
  from: string,
  limits: PictureLimits,
  folders: Folders,
): Promise<ReadData> {
  const leftOut = new LeftOutTally();
  const found = await findPictures(root, folders, { root, split: undefined, leftOut });
  const there = new Set(found);
  for (const name of table.rows.keys()) if (!there.has(name)) leftOut.add('missing-picture', name);
  const bySplit = new Map<SplitName, string[]>();
  for (const name of found) {
    if (!table.rows.has(name)) {
      leftOut.add('unlabelled-picture', name);
      continue;
    }
    const [first, ...rest] = name.split('/');
    const split = (rest.length === 0 ? undefined : splitNamed(first)) ?? 'train';
    const names = bySplit.get(split);
    if (names === undefined) bySplit.set(split, [name]);
    else names.push(name);
  }
  if (bySplit.size === 0) {
    const [[first]] = table.rows;
    throw new CardinalError(
      `${from} names none of the ${found.length} pictures in ${root}: expected names below that folder, such as ${found.at(0) ?? 'a.jpg'}, got ${first}`,
    );
  }
  const read = (split: SplitName): PictureDataset | undefined => {
    const names = bySplit.get(split);
    return names && datasetOf(root, split, names, table, limits, folders);
  };
  return {
    ...{ kind: 'folders', classes: table.names, task: table.task, channels: 3, pictureSize: undefined },
    ...{ train: read('train'), val: read('val'), test: read('test'), leftOut: leftOut.list() },
  };
}

function datasetOf(
  root: string,
  split: SplitName,
  names: readonly string[],
  { rows, names: classes, task }: LabelTable,
  limits: PictureLimits,
  folders: Folders,
): PictureDataset {
  const width = classes.length;
  const values = sharedFloats(names.length * width);
  for (const [at, name] of names.entries()) values.set(rows.get(name) ?? [], at * width);
  const labels = new Int32Array(sharedMemory(4 * names.length));
  if (task === 'labels') labels.set(groupsOf(values, width));
  const paths = names.map((name) => folders.join(root, name));
  return pictureDataset({
    ...{ classes, labels, targets: { task, values } },
    name: split === 'train' ? root : folders.join(root, split),
    source: { kind: 'files', paths, contents: folders.contentOf && paths.map(folders.contentOf), limits },
    id: (index) => paths[index],
    key: (index) => names[index],
  });
}

/** Each picture's rarest label; of those without one the commonest. */
export function groupsOf(values: Float32Array, width: number): Int32Array {
  const counts = new Float64Array(width);
  for (const [at, value] of values.entries()) counts[at % width] += value;
  const commonest = counts.indexOf(counts.reduce((most, count) => Math.max(most, count), 0));
  return Int32Array.from({ length: values.length / width }, (_, index) => {
    let rarest = -1;
    for (let k = 0; k < width; k++) {
      if (values[index * width + k] > 0 && (rarest < 0 || counts[k] < counts[rarest])) rarest = k;
    }
    return rarest < 0 ? commonest : rarest;
  });
}
