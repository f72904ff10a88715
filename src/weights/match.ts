import { misshape, type TensorSpec } from '../nn/state.ts';
import type { Dtype } from './dtypes.ts';
import { applyNameMap, nameMaps, type NameMap } from './name-maps.ts';

/** What is known of a file's tensor before it is read. */
export interface Described {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A file's tensors held against a network's. */
export interface Match<T extends Described> {
  /** Whose names the file has. */
  readonly nameMap: NameMap;
  /** The file's tensors under the network's names, as far as they go by them. */
  readonly tensors: ReadonlyMap<string, T>;
  /** What the network wants and the file lacks. A missing `num_batches_tracked` is none: PyTorch before 0.4.1 had it not. */
  readonly missing: readonly string[];
  /** What the file has and the network does not know, under the file's names. */
  readonly unexpected: readonly string[];
  /** What has another shape, or is of integers where floats are wanted: by name, in words. */
  readonly misshaped: ReadonlyMap<string, string>;
}

/** How many tensors have not found their place. */
export function faultsOf({ missing, unexpected, misshaped }: Match<Described>): number {
  return missing.length + unexpected.length + misshaped.size;
}

/** Holds tensors against a network under each name map and gives the one under which most of them fit. */
export function matchTensors<T extends Described>(
  tensors: ReadonlyMap<string, T>,
  expected: ReadonlyMap<string, TensorSpec>,
): Match<T> {
  const matches = nameMaps.map((nameMap) => matchUnder(nameMap, tensors, expected));
  return matches.reduce((best, match) => (faultsOf(match) < faultsOf(best) ? match : best));
}

function matchUnder<T extends Described>(
  nameMap: NameMap,
  tensors: ReadonlyMap<string, T>,
  expected: ReadonlyMap<string, TensorSpec>,
): Match<T> {
  const found = new Map<string, T>();
  const unexpected: string[] = [];
  const misshaped = new Map<string, string>();
  for (const [name, tensor] of tensors) {
    const renamed = applyNameMap(nameMap, name);
    const wanted = expected.get(renamed);
    // Two names that become one are none: the second stays over.
    if (wanted === undefined || found.has(renamed)) unexpected.push(name);
    else {
      found.set(renamed, tensor);
      if (!sameSpec(tensor, wanted)) misshaped.set(renamed, misshape(renamed, wanted, tensor));
    }
  }
  const missing = [...expected.keys()].filter(
    (name) => !found.has(name) && !name.endsWith('num_batches_tracked'),
  );
  return { nameMap, tensors: found, missing, unexpected, misshaped };
}

function sameSpec(given: Described, wanted: TensorSpec): boolean {
  const integers = !/^B?F/.test(given.dtype);
  return (
    integers === (wanted.dtype === 'I64') &&
    given.shape.length === wanted.shape.length &&
    given.shape.every((size, axis) => size === wanted.shape[axis])
  );
}
