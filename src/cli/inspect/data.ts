import { isAddress } from '../../data/address.ts';
import { leftOutLine } from '../../data/left-out.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import type { SplitName } from '../../data/reader.ts';
import type { PictureDataset } from '../../data/source.ts';
import { checkPictures } from '../../node/data/check.ts';
import { openData } from '../../node/data/open.ts';
import { count } from '../../report/format.ts';
import { showDownloads } from '../loading.ts';
import { pc } from '../output/colours.ts';
import { print, printJson, tell } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';
import { givenLimits } from '../flags/pictures.ts';

export interface InspectDataFlags extends PictureLimitOptions {
  readonly json: boolean;
  readonly decode: boolean;
}

/** What was found of a split. */
interface InspectedSplit {
  readonly split: SplitName;
  readonly pictures: number;
  /** Archives that hold them, where it is archives. */
  readonly shards: number | undefined;
  /** Pictures of each class. */
  readonly perClass: readonly number[];
  /** Those that cannot be decoded; undefined if that was not tried. */
  readonly damaged: readonly { readonly id: string; readonly reason: string }[] | undefined;
}

/** `cardinal inspect` of data: its splits, classes and shards, and with `--decode` its damaged pictures. */
export async function inspectData(path: string, flags: InspectDataFlags): Promise<void> {
  const downloads = await showDownloads(isAddress(path) || path.endsWith('.parquet'));
  try {
    const data = await openData(path, { valFraction: 0, ...givenLimits(flags) }, downloads.hub);
    downloads.stop();
    const splits: InspectedSplit[] = [];
    for (const split of ['train', 'val', 'test'] as const) {
      const dataset = data[split];
      if (dataset !== undefined) splits.push(await inspected(split, dataset, flags.decode));
    }
    const { kind, classes, channels, pictureSize = null, leftOut } = data;
    if (flags.json) {
      printJson({ data: path, kind, classes, channels, pictureSize, leftOut, splits: splits.map(withNulls) });
    } else show(data, splits);
  } finally {
    downloads.stop();
  }
}

async function inspected(
  split: SplitName,
  dataset: PictureDataset,
  decode: boolean,
): Promise<InspectedSplit> {
  const perClass = dataset.classes.map(() => 0);
  for (const label of dataset.labels) perClass[label]++;
  const { source } = dataset;
  return {
    ...{ split, pictures: dataset.length, perClass },
    shards: source.kind === 'shards' ? source.files.length : undefined,
    damaged: decode ? (await checkPictures(dataset)).map(({ id, reason }) => ({ id, reason })) : undefined,
  };
}

function withNulls({ shards, damaged, ...split }: InspectedSplit): object {
  return { ...split, shards: shards ?? null, damaged: damaged ?? null };
}

const kinds: Readonly<Record<OpenData['kind'], string>> = {
  folders: 'class folders',
  shards: 'shards',
  cifar10: 'CIFAR-10',
  cifar100: 'CIFAR-100',
  idx: 'IDX files',
  own: 'pictures of a program',
};

/** Classes that are listed; of more the first. */
const mostClasses = 100;

function show({ path, kind, classes, leftOut }: OpenData, splits: readonly InspectedSplit[]): void {
  const header = ['class', ...splits.map(({ split }) => split)];
  const rows = classes
    .slice(0, mostClasses)
    .map((name, label) => [name, ...splits.map(({ perClass }) => count(perClass[label]))]);
  const sides = ['left', ...splits.map(() => 'right' as const)] as const;
  print(alignColumns([header.map((word) => pc.dim(word)), ...rows], sides));
  if (classes.length > mostClasses)
    print(pc.dim(`… and ${count(classes.length - mostClasses)} more classes`));
  print('', `${pc.bold(path)}: ${kinds[kind]}, ${count(classes.length)} classes`);
  for (const { split, pictures, shards, damaged } of splits) {
    const inShards = shards === undefined ? '' : ` in ${count(shards)} ${shards === 1 ? 'shard' : 'shards'}`;
    const words =
      damaged === undefined ? '' : `, ${damaged.length === 0 ? 'none' : count(damaged.length)} damaged`;
    print(`  ${split}: ${count(pictures)} pictures${inShards}${words}`);
    for (const { id, reason } of (damaged ?? []).slice(0, mostClasses)) print(`    ${id}: ${reason}`);
  }
  const line = leftOutLine(leftOut);
  if (line !== undefined) tell(line);
}
