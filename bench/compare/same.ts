import { CardinalError } from '../../src/base/errors.ts';
import { outputSizeOf } from './layer.ts';
import { sampleSize } from './sample.ts';
import { partsOf, type Work } from './work.ts';

/** A stretch of a contender's results that is compared by itself. */
export interface Section {
  readonly name: string;
  /** Numbers; Infinity for all that are left. */
  readonly length: number;
  /** Most by which numbers may be apart: each, of the largest; or all together, of the length of the whole vector. */
  readonly limit: { readonly each: number } | { readonly distance: number };
}

/**
 * What of a work's results has to be the same, and how nearly. In 32-bit floats a sum of thousands of products in another
 * order is 1e-6 off, as is a network of fifty layers, and one of tens of thousands, in a gradient of weights, 1e-5; a wrong border,
 * stride or group is off by 1e-2 at least. Of a training step
 * the loss is held to that. Its gradients follow it and are compared by their distance: rounding puts some ReLU on the other
 * side of 0, which makes 1 % in the first layer between our own kernels, and up to 6 % between PyTorch's two memory layouts.
 */
export function sectionsOf(work: Work): Section[] {
  const limit = { each: 1e-4 };
  switch (work.kind) {
    case 'forward':
      return [{ name: 'logits', length: Infinity, limit }];
    case 'training':
      return [
        { name: 'loss', length: 1, limit },
        { name: 'gradients', length: Infinity, limit: { distance: 0.15 } },
      ];
    case 'layers':
    case 'shapes':
      return partsOf(work).map(({ layer, pass }) => ({
        name: `${layer.name}, ${pass}`,
        length: sampleSize(outputSizeOf(layer, pass)),
        limit,
      }));
  }
}

/**
 * Throws a `CardinalError` unless `other` has the numbers of `first`, section by section; `name` says whose `other` are. Returns
 * by how much they are apart at most, as a share of what the section's limit is a share of.
 */
export function requireSame(
  name: string,
  other: Float32Array,
  first: Float32Array,
  sections: readonly Section[],
): number {
  const fail = (what: string): never => {
    throw new CardinalError(`${name} computes something else: ${what}`);
  };
  if (other.length !== first.length) fail(`expected ${first.length} numbers, got ${other.length}`);
  let begin = 0;
  let most = 0;
  for (const { name: section, length, limit } of sections) {
    const end = Math.min(begin + length, first.length);
    if (end === begin) fail(`${section}: there are no numbers`);
    const expected = first.subarray(begin, end);
    const differences = other.subarray(begin, end).map((value, i) => value - expected[i]);
    const [apart, allowed] =
      'each' in limit
        ? [largest(differences) / largest(expected), limit.each]
        : [lengthOf(differences) / lengthOf(expected), limit.distance];
    // Not-a-number is not within a limit either.
    if (!(apart <= allowed)) fail(`${section}: ${apart.toPrecision(2)} apart, at most ${allowed} expected`);
    most = Math.max(most, apart);
    begin = end;
  }
  if (begin !== first.length) fail(`expected ${begin} numbers, got ${first.length}`);
  return most;
}

function largest(list: Float32Array): number {
  return list.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function lengthOf(list: Float32Array): number {
  return Math.sqrt(list.reduce((sum, value) => sum + value * value, 0));
}
