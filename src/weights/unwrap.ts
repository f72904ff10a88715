import { CardinalError } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import { classifierNames } from '../models/infer.ts';
import { checkArchive } from './arguments.ts';
import type { TensorArchive, TensorEntry, Unreadable } from './archive.ts';
import { prefixes, strayNames, wrappers } from './name-maps.ts';
import { unreadableList } from './unreadable.ts';

/** Programs put two or three things around weights. */
const mostAround = 16;

/** The weights of a file without what is around them. */
export interface Unwrapped {
  /** Under the names that the network itself gave them. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Those among them that cannot be read. */
  readonly unreadable: ReadonlyMap<string, Unreadable>;
  /** What stood before the names: `state_dict.module`, or nothing. */
  readonly path: string;
  /** What else the file holds, by the first part of its name and its number of tensors: `optimizer` → 160. */
  readonly others: ReadonlyMap<string, number>;
  /** The tensors with one thing less taken from around them each time, up to the file's own names. */
  readonly around: readonly ReadonlyMap<string, TensorEntry>[];
}

/**
 * Finds the weights among what training programs save beside them (optimiser, averages, counters) and takes off the
 * prefixes of wrappers. Of several sets of weights the average is taken: it is what its authors evaluated. A network of one's
 * own may have attributes of such names itself; then its weights are among what is `around`. Throws a `CardinalError` if the
 * file has no tensors.
 */
export function unwrap(archive: TensorArchive): Unwrapped {
  checkArchive('unwrap', archive);
  let tensors = [...archive.tensors].filter(([name]) => !strayNames.test(name));
  const path: string[] = [];
  const around: ReadonlyMap<string, TensorEntry>[] = [];
  const others = new Map<string, number>();
  const enter = (key: string): void => {
    const outside = new Map(tensors);
    const inside = tensors.filter(([name]) => name.startsWith(`${key}.`));
    for (const [name] of tensors) {
      const root = rootOf(name);
      if (root !== key) others.set(root, (others.get(root) ?? 0) + 1);
    }
    tensors = inside.map(([name, entry]) => [name.slice(key.length + 1), entry]);
    path.push(key);
    around.unshift(outside);
  };
  while (path.length < mostAround) {
    const roots = new Set(tensors.map(([name]) => rootOf(name)));
    // Only a name that stands before other names can be around weights: `ema` alone may be a tensor.
    const wrapper = wrappers.find(
      (key) => roots.has(key) && tensors.some(([name]) => name.startsWith(`${key}.`)),
    );
    const [only] = roots;
    if (wrapper !== undefined && path.length === 0 && !holdsWeights(roots)) enter(wrapper);
    else if (roots.size === 1 && prefixes.includes(only) && tensors.every(([name]) => name !== only))
      enter(only);
    else break;
  }
  if (tensors.length === 0)
    throw new CardinalError(`${archive.source} holds no tensors${butOthers(archive)}`);
  const prefix = path.map((key) => `${key}.`).join('');
  const unreadable = [...archive.unreadable].flatMap(([name, what]): [string, Unreadable][] =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), what]] : [],
  );
  return { tensors: new Map(tensors), unreadable: new Map(unreadable), path: path.join('.'), others, around };
}

function butOthers({ unreadable, objects }: TensorArchive): string {
  if (unreadable.size > 0) return ` that can be read: ${unreadableList(unreadable)}`;
  if (objects.size === 0) return '';
  const [[, first]] = objects;
  const more = objects.size === 1 ? '' : ` and ${objects.size - 1} more`;
  return `, only ${shortened(first)}${more}: save model.state_dict() with torch.save`;
}

/** Whether the weights lie open beside other things: then nothing is around them. */
function holdsWeights(roots: ReadonlySet<string>): boolean {
  return ['conv1', ...classifierNames].some((name) => roots.has(name));
}

function rootOf(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
