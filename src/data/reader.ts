import { CardinalError } from '../base/errors.ts';
import { alike, nearest } from '../base/nearest.ts';
import type { LeftOut } from './left-out.ts';
import type { PictureDataset } from './source.ts';
import type { Targets } from './task.ts';

export type DataKind = 'folders' | 'shards' | 'cifar10' | 'cifar100' | 'idx' | 'own';

/** What a reader found at a path, before a validation split is carved. */
export interface ReadData {
  readonly kind: DataKind;
  readonly classes: readonly string[];
  /** What pictures have in place of one class each, which `classes` then names; absent if they have that. */
  readonly task?: Targets['task'] | undefined;
  /** Channels of the pictures as they are stored: 1 for the IDX family, 3 otherwise. */
  readonly channels: 1 | 3;
  /** [H, W] that all pictures share; undefined for photos of all sizes. */
  readonly pictureSize: readonly [number, number] | undefined;
  readonly train: PictureDataset | undefined;
  readonly val: PictureDataset | undefined;
  readonly test: PictureDataset | undefined;
  /** What lies there and is not read, by kind. */
  readonly leftOut: readonly LeftOut[];
}

export type SplitName = 'train' | 'val' | 'test';

const splitNames: Record<string, SplitName> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
  t10k: 'test',
};

/** Which split a folder or file name stands for, if any. */
export function splitNamed(name: string): SplitName | undefined {
  return Object.hasOwn(splitNames, name.toLowerCase()) ? splitNames[name.toLowerCase()] : undefined;
}

/** The data has other classes than the network: whoever trains may want another classifier then. */
export class OtherClassesError extends CardinalError {}

/**
 * The class names of numbered labels: the wanted ones (a checkpoint's), those that lie beside the data, or the numbers.
 * Wanted names must agree with the data's own, where it has any.
 *
 * @throws CardinalError if they do not agree
 */
export function numberedClasses(
  path: string,
  own: readonly string[] | undefined,
  count: number,
  wanted: readonly string[] | undefined,
): readonly string[] {
  if (!wanted) return own ?? Array.from({ length: count }, (_, label) => String(label));
  const given = own?.length ?? count;
  if (own ? given !== wanted.length : given > wanted.length) {
    throw new OtherClassesError(`${path} has ${given} classes, expected the ${wanted.length} of the network`);
  }
  const differs = own?.findIndex((name, label) => name !== wanted[label]) ?? -1;
  if (own && differs >= 0) {
    throw new OtherClassesError(
      `${path}: class ${differs} is '${own[differs]}', expected the network's '${wanted[differs]}'`,
    );
  }
  return wanted;
}

/** "Expected one of …" for a class name that is not among the known ones. */
export function unknownClass(
  where: string,
  name: string,
  known: readonly string[],
  owner: string,
): CardinalError {
  const [similar] = nearest(name, known, 1);
  const hint = alike(name, similar) ? `; the nearest is '${similar}'` : '';
  return new OtherClassesError(
    `${where}: the class '${name}' is not among the ${known.length} classes of ${owner}${hint}`,
  );
}
