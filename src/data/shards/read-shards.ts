import * as z from 'zod/mini';
import { CardinalError } from '../../base/errors.ts';
import { byCodePoint } from '../../base/order.ts';
import { tableOfRecord, type LabelTable as TargetTable } from '../labels/label-table.ts';
import { groupsOf } from '../labels/read-labelled.ts';
import { leftOutLine, LeftOutTally } from '../left-out.ts';
import type { PictureLimits } from '../picture-limits.ts';
import type { ShardMembers, ShardSource } from '../picture-source.ts';
import { numberedClasses, unknownClass, type ReadData, type SplitName } from '../reader.ts';
import { sharedFloats, sharedMemory } from '../shared-memory.ts';
import { pictureDataset, type PictureDataset } from '../source.ts';
import { LabelTable } from './label-table.ts';
import { targetsNamed } from './labels.ts';
import { requireNames } from './member-table.ts';
import { memberName, memberPath } from './members.ts';
import type { ShardIndex } from './shard-index.ts';

/** What `cardinal pack` says of its shards, in `shards.json` beside them. */
export const shardsFile = 'shards.json';

export const shardsSchema = z.object({
  /** Names by number; absent if there are none, or pictures have their classes by name. */
  classes: z.optional(z.array(z.string().check(z.minLength(1))).check(z.minLength(1))),
  /** Of the pictures as they are stored. */
  channels: z.union([z.literal(1), z.literal(3)]),
  /** [H, W] that all share; null for pictures of all sizes. */
  pictureSize: z.nullable(z.tuple([z.int().check(z.positive()), z.int().check(z.positive())])),
  /** Whether each archive is a fair mix, so that an epoch may go through them nearly in order. */
  mixed: z._default(z.boolean(), true),
  splits: z.partialRecord(
    z.enum(['train', 'val', 'test']),
    z.object({ shards: z.int().check(z.positive()), pictures: z.int().check(z.nonnegative()) }),
  ),
});
export type ShardsDescription = z.infer<typeof shardsSchema>;

/** Archives that are opened together. */
export interface ShardSet {
  /** For messages. */
  readonly path: string;
  /** Paths of the archives of each split. */
  readonly splits: ReadonlyMap<SplitName, readonly string[]>;
  /** What lies beside them: names of classes by their number, or more. */
  readonly classes: readonly string[] | undefined;
  readonly description: ShardsDescription | undefined;
}

/** What a platform gives so that archives are read. */
export interface ShardPlatform {
  /** Throws a `CardinalError` if the archive is damaged. */
  index(path: string): Promise<ShardIndex>;
  /** The last part of a path. */
  basename(path: string): string;
}

/**
 * The pictures in archives. Classes are numbers, named by what lies beside, or names, in code-point order.
 *
 * @param wanted class names to number the labels by (a checkpoint's)
 * @throws CardinalError for damaged archives, for classes that are not known, and if a shard of a described set is missing
 */
export async function readShards(
  set: ShardSet,
  limits: PictureLimits,
  wanted: readonly string[] | undefined,
  platform: ShardPlatform,
): Promise<ReadData> {
  const { path, description } = set;
  const labels = new LabelTable();
  const leftOut = new LeftOutTally();
  const parts = new Map<SplitName, SplitParts>();
  for (const [split, files] of set.splits) {
    const gathered = await gather(files, split, { labels, leftOut }, platform);
    requireDescribed(set, split, gathered.labels.length);
    // Test pictures of a contest come without classes.
    if (gathered.labels.length > 0) parts.set(split, gathered);
  }
  if (parts.size === 0) {
    const words = leftOutLine(leftOut.list());
    throw new CardinalError(
      `${path} holds no picture with a class${words === undefined ? '' : `; ${words}`}`,
    );
  }
  const table = tableOf(set, labels.names, wanted);
  const classes = table?.names ?? classesOf(set, labels.names, parts, wanted);
  const dataset = (split: SplitName): PictureDataset | undefined => {
    const part = parts.get(split);
    return part && datasetOf(set, split, part, { classes, limits, table }, platform);
  };
  return {
    kind: 'shards',
    classes,
    ...(table && { task: table.task }),
    channels: description?.channels ?? 3,
    pictureSize: description?.pictureSize ?? undefined,
    train: dataset('train'),
    val: dataset('val'),
    test: dataset('test'),
    leftOut: leftOut.list(),
  };
}

interface SplitParts {
  readonly files: readonly string[];
  readonly labels: Int32Array;
  readonly members: ShardMembers;
}

/** The archives of a split, indexed one after the other. */
async function gather(
  files: readonly string[],
  split: SplitName,
  { labels, leftOut }: { readonly labels: LabelTable; readonly leftOut: LeftOutTally },
  platform: ShardPlatform,
): Promise<SplitParts> {
  const indices: ShardIndex[] = [];
  for (const file of files) {
    const index = await platform.index(file);
    indices.push(index);
    for (const item of index.leftOut) leftOut.addAll(item, split, `${platform.basename(file)}/`);
  }
  const count = indices.reduce((sum, { labels: own }) => sum + own.length, 0);
  const names = indices.reduce((sum, { members }) => sum + members.names.length, 0);
  requireNames(names);
  const whole = {
    labels: new Int32Array(sharedMemory(4 * count)),
    members: {
      starts: new Uint32Array(files.length + 1),
      offsets: new Float64Array(sharedMemory(8 * count)),
      sizes: new Uint32Array(sharedMemory(4 * count)),
      nameEnds: new Uint32Array(sharedMemory(4 * count)),
      names: new Uint8Array(sharedMemory(names)),
    },
  };
  let at = 0;
  let nameAt = 0;
  for (const [n, { members, labels: own, names: ownNames }] of indices.entries()) {
    const where = (): string => files[n];
    const numbers = ownNames?.map((name) => labels.number(name, where));
    if (numbers === undefined && own.length > 0) labels.number(own[0], where);
    whole.labels.set(numbers === undefined ? own : own.map((label) => numbers[label]), at);
    whole.members.offsets.set(members.offsets, at);
    whole.members.sizes.set(members.sizes, at);
    whole.members.names.set(members.names, nameAt);
    const before = nameAt;
    whole.members.nameEnds.set(
      members.nameEnds.map((end) => before + end),
      at,
    );
    at += own.length;
    nameAt += members.names.length;
    whole.members.starts[n + 1] = at;
    freeMemory(own, ...Object.values(members));
  }
  return { files, ...whole };
}

/** Frees what was copied at once: until memory is tidied up, it would lie beside as much that stays. */
function freeMemory(...arrays: readonly ArrayBufferView[]): void {
  for (const buffer of new Set(arrays.map(({ buffer }) => buffer))) {
    if (buffer instanceof ArrayBuffer) buffer.transfer(0);
  }
}

/** Labels or numbers of samples by the place of their name, which `LabelTable` gathered; undefined of classes. */
function tableOf(
  { path, description }: ShardSet,
  names: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): TargetTable | undefined {
  const targets = names?.map(targetsNamed) ?? [];
  const known = targets.filter((one) => one !== undefined);
  if (known.length === 0) return undefined;
  if (known.length < targets.length) {
    throw new CardinalError(`${path}: expected labels of all pictures or a class of each, got both`);
  }
  const record = Object.fromEntries(
    known.map((one, place): [string, readonly string[] | Readonly<Record<string, number>>] => [
      String(place),
      'labels' in one ? one.labels : one.numbers,
    ]),
  );
  // Labels that no picture has any more keep their place.
  return tableOfRecord(record, path, wanted ?? description?.classes);
}

function targetsIn(
  { task, names, rows }: TargetTable,
  places: Int32Array,
): Pick<PictureDataset, 'targets'> & { readonly labels: Int32Array } {
  const values = sharedFloats(places.length * names.length);
  for (const [at, place] of places.entries()) values.set(rows.get(String(place)) ?? [], at * names.length);
  const labels = new Int32Array(sharedMemory(4 * places.length));
  if (task === 'labels') labels.set(groupsOf(values, names.length));
  return { labels, targets: { task, values } };
}

/** The names of classes; labels that were places among names as they came become places among these. */
function classesOf(
  { path, classes: beside, description }: ShardSet,
  names: readonly string[] | undefined,
  parts: ReadonlyMap<SplitName, SplitParts>,
  wanted: readonly string[] | undefined,
): readonly string[] {
  const own = description?.classes ?? beside;
  if (names === undefined) {
    let count = 0;
    for (const { labels } of parts.values()) for (const label of labels) count = Math.max(count, label + 1);
    if (own !== undefined && count > own.length) {
      throw new CardinalError(
        `${path}: a picture has the class ${count - 1}, and there are ${own.length} names beside the shards, for 0 to ${own.length - 1}`,
      );
    }
    if (count > mostClasses) {
      throw new CardinalError(
        `${path}: a picture has the class ${count - 1}, expected one below ${mostClasses}`,
      );
    }
    return requireTwo(path, numberedClasses(path, own, count, wanted), wanted);
  }
  const classes = wanted ?? own ?? names.toSorted(byCodePoint);
  const owner = wanted === undefined ? path : 'the network';
  const numbers = names.map((name) => {
    const number = classes.indexOf(name);
    if (number < 0) throw unknownClass(path, name, classes, owner);
    return number;
  });
  for (const { labels } of parts.values()) {
    for (const [index, label] of labels.entries()) labels[index] = numbers[label];
  }
  return requireTwo(path, classes, wanted);
}

/** Far more than any data has; a damaged number must not become a list of names. */
const mostClasses = 1_000_000;

function requireTwo(
  path: string,
  classes: readonly string[],
  wanted: readonly string[] | undefined,
): readonly string[] {
  if (wanted === undefined && classes.length < 2) {
    throw new CardinalError(
      `${path}: a classifier needs at least two classes, found one: '${classes.join()}'`,
    );
  }
  return classes;
}

function requireDescribed({ path, splits, description }: ShardSet, split: SplitName, pictures: number): void {
  const described = description?.splits[split];
  const shards = splits.get(split)?.length;
  if (described === undefined || shards !== described.shards || pictures === described.pictures) return;
  throw new CardinalError(
    `${path}: the ${shards} ${split} shards hold ${pictures} pictures, and ${shardsFile} says ${described.pictures}: pack them again`,
  );
}

function datasetOf(
  { path, description }: ShardSet,
  split: SplitName,
  { files, labels, members }: SplitParts,
  {
    classes,
    limits,
    table,
  }: {
    readonly classes: readonly string[];
    readonly limits: PictureLimits;
    readonly table: TargetTable | undefined;
  },
  platform: ShardPlatform,
): PictureDataset {
  const rows = new Uint32Array(sharedMemory(4 * labels.length));
  for (const row of rows.keys()) rows[row] = row;
  const source: ShardSource = {
    kind: 'shards',
    files,
    members,
    rows,
    limits,
    mixed: description?.mixed ?? true,
  };
  // Other programs number samples anew in each shard.
  const elsewhere = { ...source, files: files.map((file) => platform.basename(file)) };
  const name = files.length === 1 ? files[0] : `${path} (${split})`;
  return pictureDataset({
    name,
    classes,
    ...(table === undefined ? { labels } : targetsIn(table, labels)),
    source,
    id: (index) => memberPath(source, index),
    key: (index) => (description === undefined ? memberPath(elsewhere, index) : memberName(source, index)),
  });
}
