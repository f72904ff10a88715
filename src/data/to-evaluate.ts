import { UsageError } from '../base/errors.ts';
import { checkKind, oneOf, record } from '../base/options.ts';
import { joined } from './joined.ts';
import { openDataKind, type OpenData } from './open-data.ts';
import type { PicturePlatform } from './picture-platform.ts';
import type { PictureRecord } from './picture-record.ts';
import type { SplitName } from './reader.ts';
import { isWhole, sampledIn } from './record-pictures.ts';
import type { PictureDataset } from './source.ts';
import { splitByClass } from './split.ts';

export const evaluatedSplits = ['train', 'val', 'test', 'all'] as const;
export type EvaluatedSplit = (typeof evaluatedSplits)[number];

/** Pictures to evaluate weights on, and what a person should know of them. */
export interface PicturesToEvaluate {
  readonly dataset: PictureDataset;
  readonly split: EvaluatedSplit;
  /** The splits of the source that they were taken from. */
  readonly from: readonly SplitName[];
  /** What they are, for people: "test pictures", "held-out pictures". */
  readonly on: string;
  /** Which were chosen where that is not plain, in one line. */
  readonly note: string | undefined;
  /** One line if the weights were trained on some of them, or may have been. */
  readonly warning: string | undefined;
}

/** What a file of weights records of itself; bare weights of other programs record nothing. */
export interface EvaluatedWeights {
  /** Records of the pictures that the weights were trained on (`loadTrained`). */
  readonly pictures?: readonly PictureRecord[] | undefined;
  /** Whether Cardinal trained them: then pictures without a record may be theirs. */
  readonly ours?: boolean | undefined;
  readonly classes?: readonly string[] | undefined;
}

/**
 * The pictures of a source to evaluate weights on: the split that is asked for, else `test`, else `val`, else all. The folder
 * that the weights were trained on is known again, and what training held out of it for validation is its `val`: so weights
 * are not evaluated on what they have seen, or not without a `warning`.
 *
 * `data` is what `openData` gave with `valFraction` 0. Throws a `UsageError` if the split is not there.
 */
export async function picturesToEvaluate(
  data: OpenData,
  weights: EvaluatedWeights,
  asked: EvaluatedSplit | undefined,
  platform: PicturePlatform,
): Promise<PicturesToEvaluate> {
  checkKind('picturesToEvaluate', 'the data', data, openDataKind);
  checkEvaluated(weights, asked);
  // Where there are test pictures and nothing else is asked for, it does not matter how the others were split.
  const known =
    asked === undefined && data.test !== undefined ? data : await knownParts(data, weights, platform);
  const { train, val, heldOut } = known;
  const records = weights.pictures ?? [];
  const parts = { train, val, test: data.test };
  const split = asked ?? (parts.test ? 'test' : parts.val ? 'val' : 'train');
  const dataset = split === 'all' ? allOf(data) : parts[split];
  if (dataset === undefined) throw missing(data, parts, split);
  const isHeldOut = split === 'val' && heldOut !== undefined;
  const chosen = {
    dataset,
    split,
    from: isHeldOut ? (['train'] as const) : split === 'all' ? (['train', 'val', 'test'] as const) : [split],
    on: isHeldOut ? 'held-out pictures' : names[split],
    note: isHeldOut ? heldOutNote(data, dataset, heldOut, asked) : undefined,
  };
  if (isHeldOut) return { ...chosen, warning: undefined };
  return { ...chosen, warning: await warningOf(chosen, records, weights, asked, platform) };
}

/** Throws a `UsageError` for other arguments of `picturesToEvaluate` than it takes, the data aside. */
export function checkEvaluated(weights: unknown, asked: unknown): void {
  checkKind('picturesToEvaluate', 'the weights', weights, record);
  if (asked !== undefined) checkKind('picturesToEvaluate', 'the split', asked, oneOf(...evaluatedSplits));
}

const names = {
  train: 'pictures',
  val: 'validation pictures',
  test: 'test pictures',
  all: 'pictures',
} as const;

/** A line for people if weights that training begins with were trained on pictures that it is to be evaluated on. */
export async function seenBefore(
  { val, test }: OpenData,
  known: readonly PictureRecord[] | undefined,
  platform: PicturePlatform,
): Promise<string | undefined> {
  const records = known ?? [];
  for (const [name, dataset] of [['validation', val] as const, ['test', test] as const]) {
    const seen = dataset && (await seenIn(dataset, records, platform));
    if (seen === undefined) continue;
    const [{ heldOut }] = records;
    const cure =
      name === 'validation' && heldOut !== undefined
        ? `; they held out ${share(heldOut.fraction)}${ofEach(dataset?.targets)} with seed ${heldOut.seed}`
        : '';
    return `the initial weights were trained on ${seen} ${name} pictures: accuracy on them will be too high${cure}`;
  }
  return undefined;
}

/** The parts of a source, its training pictures split as they were when the weights were trained, if it is known. */
async function knownParts(
  { train, val }: OpenData,
  { pictures: records = [] }: EvaluatedWeights,
  platform: PicturePlatform,
): Promise<{
  readonly train: PictureDataset | undefined;
  readonly val: PictureDataset | undefined;
  readonly heldOut: PictureRecord['heldOut'];
}> {
  const plain = { train, val, heldOut: undefined };
  if (train === undefined || val !== undefined) return plain;
  for (const record of records) {
    if (record.heldOut === undefined || !(await isWhole(record, train, platform))) continue;
    const { fraction, seed } = record.heldOut;
    const split = splitByClass(train, fraction, seed);
    // What a later training held out, an earlier one may have seen.
    if (split.val === undefined || (await seenIn(split.val, records, platform)) !== undefined) return plain;
    return { ...split, heldOut: record.heldOut };
  }
  return plain;
}

function allOf({ train, val, test, path }: OpenData): PictureDataset | undefined {
  const parts = [train, val, test].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : joined(parts, path);
}

function heldOutNote(
  { path }: OpenData,
  { length, targets }: PictureDataset,
  { seed, fraction }: NonNullable<PictureRecord['heldOut']>,
  asked: EvaluatedSplit | undefined,
): string {
  const more = asked === undefined ? "; `split: 'all'` takes every picture" : '';
  return `the weights were trained on ${path}: evaluated on the ${length} pictures that training held out (${share(fraction)}${ofEach(targets)}, seed ${seed})${more}`;
}

/** Of what a share was held out: of labels and numbers simply of all. */
function ofEach(targets: PictureDataset['targets']): string {
  return targets === undefined ? ' of each class' : '';
}

async function warningOf(
  { dataset, split }: Pick<PicturesToEvaluate, 'dataset' | 'split'>,
  records: readonly PictureRecord[],
  { ours = false }: EvaluatedWeights,
  asked: EvaluatedSplit | undefined,
  platform: PicturePlatform,
): Promise<string | undefined> {
  const seen = await seenIn(dataset, records, platform);
  if (seen !== undefined) {
    return `the weights were trained on ${seen} pictures: expect a lower accuracy on new ones`;
  }
  if (records.length > 0 || !ours || asked !== undefined || split !== 'train') return undefined;
  return 'the weights do not say which pictures they were trained on: if it was on these, expect a lower accuracy on new ones';
}

/** How many pictures of a dataset weights were trained on, for people: "all of these", "about 12 of these 40"; or none. */
async function seenIn(
  dataset: PictureDataset,
  records: readonly PictureRecord[],
  platform: PicturePlatform,
): Promise<string | undefined> {
  let best = { count: 0, exact: true };
  for (const record of records) {
    const found = (await sampledIn(record, dataset, platform)).length;
    if (found === 0) continue;
    const exact = record.sample.length === record.count;
    const count = Math.min(dataset.length, Math.round((found / record.sample.length) * record.count));
    if (count > best.count) best = { count, exact };
  }
  if (best.count === 0) return undefined;
  const { length } = dataset;
  if (best.count === length) return length === 1 ? 'this 1' : `these ${length}`;
  return `${best.exact ? '' : 'about '}${best.count} of these ${length}`;
}

function share(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(3))} %`;
}

function missing(
  { path }: OpenData,
  parts: Readonly<Record<SplitName, PictureDataset | undefined>>,
  split: EvaluatedSplit,
): UsageError {
  const present = Object.entries(parts).flatMap(([key, part]) => (part === undefined ? [] : [key]));
  const why =
    split === 'val' && parts.train !== undefined
      ? ', and it is not known to be what the weights were trained on with some held out'
      : '';
  return new UsageError(`\`split\`: ${path} has no ${split} pictures, it has ${present.join(' and ')}${why}`);
}
