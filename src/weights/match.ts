import { misshape, type TensorSpec } from '../nn/state.ts';
import type { Described } from './described-tensor.ts';
import { nameMaps, renamer, type NameMap } from './name-maps.ts';

export type { Described };

/** A file's tensors held against a network's. */
export interface Match<T extends Described> {
  /** Whose names the file has. */
  readonly nameMap: NameMap;
  /** The file's tensors under the network's names and in its order, as far as they go by them. */
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

/** A file's tensors under the names that one name map gives them. */
export interface Renaming<T extends Described> {
  readonly nameMap: NameMap;
  /** The file's name and the tensor, by the new name; of two names that become one, the first. */
  readonly tensors: ReadonlyMap<string, readonly [name: string, tensor: T]>;
  /** Names that became one with an earlier one. */
  readonly clashing: readonly string[];
}

/** A file's tensors under every name map that changes names in a way of its own; as they are first. */
export function renamings<T extends Described>(
  tensors: ReadonlyMap<string, T>,
  maps: readonly NameMap[] = nameMaps,
): Renaming<T>[] {
  const found = new Map<string, Renaming<T>>();
  const names = [...tensors.keys()];
  for (const nameMap of maps) {
    if (!mayHave(names, nameMap)) continue;
    const rename = renamer(nameMap);
    const renamed = new Map<string, readonly [string, T]>();
    const clashing: string[] = [];
    for (const [name, tensor] of tensors) {
      const given = rename(name);
      if (renamed.has(given)) clashing.push(name);
      else renamed.set(given, [name, nameMap.adapt?.(name, tensor) ?? tensor]);
    }
    const key = [...renamed.keys()].join('\n');
    if (!found.has(key)) found.set(key, { nameMap, tensors: renamed, clashing });
  }
  return [...found.values()];
}

function mayHave(names: readonly string[], { marker }: NameMap): boolean {
  if (marker === undefined) return true;
  const regex = new RegExp(marker);
  return names.some((name) => regex.test(name));
}

/** Files have other tensors beside a network's, an optimiser's say, but not so many more that it pays to try each name map. */
const freeTensors = 20_000;

/** Holds tensors against a network under each name map and gives the one under which most of them fit. */
export function matchTensors<T extends Described>(
  tensors: ReadonlyMap<string, T>,
  expected: ReadonlyMap<string, TensorSpec>,
): Match<T> {
  const hopeless = tensors.size > 10 * expected.size + freeTensors;
  const maps = hopeless ? nameMaps.slice(0, 1) : nameMaps;
  const matches = renamings(tensors, maps).map((renaming) => matchRenamed(renaming, expected));
  return matches.reduce((best, match) => (faultsOf(match) < faultsOf(best) ? match : best));
}

/** Holds tensors against a network under the names that they have been given. */
export function matchRenamed<T extends Described>(
  { nameMap, tensors: renamed, clashing }: Renaming<T>,
  expected: ReadonlyMap<string, TensorSpec>,
): Match<T> {
  const tensors = new Map<string, T>();
  const unexpected = clashing.slice();
  const misshaped = new Map<string, string>();
  for (const [given, [name, tensor]] of renamed) {
    const wanted = expected.get(given);
    if (wanted === undefined) {
      unexpected.push(name);
      continue;
    }
    tensors.set(given, tensor);
    if (!sameSpec(tensor, wanted)) misshaped.set(given, misshape(given, wanted, tensor));
  }
  const missing = [...expected.keys()].filter(
    (name) => !tensors.has(name) && !name.endsWith('num_batches_tracked'),
  );
  // Files order tensors as suits them; a network's own order is PyTorch's.
  const ordered = [...expected.keys()].flatMap((name): [string, T][] => {
    const tensor = tensors.get(name);
    return tensor === undefined ? [] : [[name, tensor]];
  });
  return { nameMap, tensors: new Map(ordered), missing, unexpected, misshaped };
}

/** Floats are told from integers, but for whole numbers that are saved as floats: `.half()` of every tensor does it. */
function sameSpec(given: Described, wanted: TensorSpec): boolean {
  const integers = !/^B?F/.test(given.dtype);
  return (
    (wanted.dtype === 'I64' || !integers) &&
    given.shape.length === wanted.shape.length &&
    given.shape.every((size, axis) => size === wanted.shape[axis])
  );
}
