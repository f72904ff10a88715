import { isFloats } from '../base/floats.ts';
import { checkKind } from '../base/options.ts';
import type { Dataset } from './dataset.ts';
import { sharedFloats } from './shared-memory.ts';
import type { Targets } from './task.ts';

/** The numbers of sample `index`. */
export function targetsOf(
  { classes }: Pick<Dataset, 'classes'>,
  { values }: Targets,
  index: number,
): Float32Array {
  return values.subarray(index * classes.length, (index + 1) * classes.length);
}

/** The numbers of sample `index` of so many, for whoever does not know the classes that they are of. */
export function rowOfTargets(values: Float32Array, samples: number, index: number): Float32Array {
  const width = values.length / samples;
  return values.subarray(index * width, (index + 1) * width);
}

/** The class of a sample as lists of pictures have it: its class's name, its labels' (`cat|dog`), or its numbers (`3.5|-1`). */
export function labelText(dataset: Dataset, index: number): string {
  const { classes, targets } = dataset;
  if (targets === undefined) return classes[dataset.label(index)];
  const own = targetsOf(dataset, targets, index);
  return targets.task === 'labels'
    ? classes.filter((_, k) => own[k] > 0).join('|')
    : Array.from(own, String).join('|');
}

/** Throws a `UsageError` unless there are as many targets as samples have: plain JavaScript may give anything. */
export function checkTargets({
  targets,
  classes,
  labels,
}: {
  readonly targets?: Targets | undefined;
  readonly classes: readonly string[];
  readonly labels: Int32Array;
}): void {
  if (targets === undefined) return;
  const count = labels.length * classes.length;
  const { task, values }: Partial<Record<string, unknown>> = { ...(targets as object | null) };
  checkKind('pictureDataset', 'targets', targets, {
    expected: `{ task: 'labels' or 'numbers', values }, a Float32Array of ${count} numbers`,
    is: () => (task === 'labels' || task === 'numbers') && isFloats(values) && values.length === count,
  });
}

/** Those of the samples `indices`, in that order. */
export function pickedTargets(
  { targets, classes }: Pick<Dataset, 'targets' | 'classes'>,
  indices: Uint32Array,
): Targets | undefined {
  if (targets === undefined) return undefined;
  const values = sharedFloats(indices.length * classes.length);
  for (const [at, index] of indices.entries()) {
    values.set(targetsOf({ classes }, targets, index), at * classes.length);
  }
  return { ...targets, values };
}
