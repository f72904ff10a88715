import { CardinalError } from '../base/errors.ts';
import { checkKind, finite, wholeFrom, type Kind } from '../base/options.ts';
import { Rng } from '../base/rng.ts';
import { checkDataset } from './arguments.ts';
import { subset, type PictureDataset } from './source.ts';

const share: Kind = {
  expected: 'a number of at least 0 and less than 1',
  is: (value) => typeof value === 'number' && value >= 0 && value < 1,
};

/**
 * Splits a dataset in two, class by class: `fraction` of every class (rounded, but at least one of a class that has two)
 * goes to `val`. Throws a `CardinalError` if that leaves nothing to train on. Depends on the seed, the labels and their
 * order alone; both parts keep the order of the whole.
 */
export function splitByClass(
  dataset: PictureDataset,
  fraction: number,
  seed: number,
): { train: PictureDataset; val: PictureDataset | undefined } {
  checkDataset('splitByClass', dataset);
  checkKind('splitByClass', 'the share', fraction, share);
  checkKind('splitByClass', 'the seed', seed, finite);
  if (fraction === 0) return { train: dataset, val: undefined };
  const held = new Int32Array(dataset.length);
  for (const [label, members] of membersByClass(dataset.labels, dataset.classes.length).entries()) {
    const count = members.length < 2 ? 0 : Math.max(1, Math.round(fraction * members.length));
    const order = Rng.of(seed, 'split', label).permutation(members.length);
    for (const position of order.subarray(0, count)) held[members[position]] = 1;
  }
  const [kept, val] = membersByClass(held, 2);
  if (val.length === 0) return { train: dataset, val: undefined };
  if (val.length === dataset.length) {
    throw new CardinalError(
      `${dataset.name}: holding out ${fraction} of each class leaves no picture to train on: use a smaller share`,
    );
  }
  return {
    train: subset(dataset, kept, dataset.name),
    val: subset(dataset, val, `${dataset.name} (held out)`),
  };
}

/**
 * At most `count` samples of a dataset, as many of each class as can be, drawn without replacement; in the order of the
 * whole. Depends on the seed, the labels and their order alone.
 */
export function balancedSubset(dataset: PictureDataset, count: number, seed: number): PictureDataset {
  checkDataset('balancedSubset', dataset);
  checkKind('balancedSubset', 'the count', count, {
    ...wholeFrom(1),
    is: (value) => value === Infinity || wholeFrom(1).is(value),
  });
  checkKind('balancedSubset', 'the seed', seed, finite);
  if (count >= dataset.length) return dataset;
  const drawn = membersByClass(dataset.labels, dataset.classes.length).map((members, label) =>
    Array.from(Rng.of(seed, 'subset', label).permutation(members.length), (position) => members[position]),
  );
  const chosen: number[] = [];
  for (let round = 0; chosen.length < count; round++) {
    const layer = drawn.flatMap((members) => members.slice(round, round + 1));
    for (const index of layer.slice(0, count - chosen.length)) chosen.push(index);
  }
  return subset(dataset, Uint32Array.from(chosen).sort(), dataset.name);
}

/** The indices of each class, ascending. In memory that is theirs alone: lists of millions would be garbage of tens of megabytes. */
export function membersByClass(labels: Int32Array, classes: number): Uint32Array[] {
  const counts = new Uint32Array(classes);
  for (const label of labels) counts[label]++;
  const members = Array.from(counts, (count) => new Uint32Array(count));
  counts.fill(0);
  labels.forEach((label, index) => (members[label][counts[label]++] = index));
  return members;
}
