import { CardinalError } from '../../base/errors.ts';
import type { TensorArchive, TensorEntry, Unreadable } from '../archive.ts';
import { quoted } from '../../base/quoted.ts';
import { requireTensorName } from '../tensor-name.ts';
import { attributesOf, objectText, modulePartsOf, textOf } from './objects.ts';
import { tensorEntry, type StorageFile } from './tensor.ts';
import { PyDict, PyList, PyObject, PyTuple, TensorRef, UnreadableTensor, type Value } from './values.ts';

/** What an archive has by name. */
export type Flat = Pick<TensorArchive, 'tensors' | 'unreadable' | 'objects' | 'metadata'>;

/** What is known of classes beside the pickle. */
export interface Saving {
  /** The tensors among a class's attributes that its state dict has; undefined if nobody says so. */
  readonly savedBy?: (type: string) => ReadonlySet<string> | undefined;
}

/**
 * Names for everything in nested dictionaries, lists and tuples: keys and positions joined by dots, in the file's order.
 * Numbers and text in dictionaries are metadata; in lists they are skipped, since they are indices and histories.
 *
 * An object of a class is told by its type, those of a list once, and looked through for tensors: those of a pickled
 * `nn.Module` have the names that its `state_dict()` gives them, in other objects keys, positions and attributes are names.
 *
 * A container that holds itself is not entered again. One that is shared has a name for each way to it, so that a small
 * file can ask for any number of names: their characters are limited to a multiple of the pickle's bytes.
 */
export function flatten(root: Value, pickleBytes: number, file: StorageFile & Saving): Flat {
  const tensors = new Map<string, TensorEntry>();
  const unreadable = new Map<string, Unreadable>();
  const objects = new Map<string, string>();
  const metadata = new Map<string, string>();
  const source = file.source.name;
  const budget = new Budget(pickleBytes, source);
  const open: Level[] = [];
  const entered = new Set<Value>();

  const enter = (prefix: string, container: Container, inside: boolean): void => {
    if (entered.has(container)) return;
    entered.add(container);
    // A class of one's own that is a dictionary says of itself what a dictionary says.
    const opaque = container instanceof PyObject && container.entries.size === 0;
    open.push({ prefix, container, inside: inside || opaque, children: childrenOf(container, file.savedBy) });
  };
  const take = (name: string, value: TensorRef | UnreadableTensor): void => {
    requireTensorName(name, source);
    if (tensors.has(name) || unreadable.has(name)) {
      throw new CardinalError(
        `${source}: two tensors are called ${quoted(name)}, because dots join the keys of nested dictionaries: rename a key`,
      );
    }
    if (value instanceof TensorRef) tensors.set(name, tensorEntry(name, value, file));
    else unreadable.set(name, { type: value.type, shape: value.shape });
  };
  // Of two notes with one name the first stays: nobody's weights depend on it.
  const note = (notes: Map<string, string>, name: string, text: string | undefined): void => {
    if (text !== undefined && !notes.has(name)) notes.set(name, text);
  };

  if (isTensor(root)) take('tensor', root);
  else note(objects, 'object', objectText(root));
  if (isContainer(root)) enter('', root, false);
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const next = level.children.next();
    if (next.done === true) {
      entered.delete(level.container);
      open.pop();
      continue;
    }
    const [key, value] = next.value;
    const name = join(level.prefix, key);
    budget.spend(name);
    if (isTensor(value)) take(name, value);
    else if (isContainer(value)) enter(name, value, level.inside);
    if (level.inside) continue;
    const listed = level.container instanceof PyList || level.container instanceof PyTuple;
    if (!listed) note(metadata, name, textOf(value));
    note(objects, listed ? join(level.prefix, '*') : name, objectText(value));
  }
  return { tensors, unreadable, objects, metadata };
}

type Container = PyDict | PyList | PyTuple | PyObject;

interface Level {
  readonly prefix: string;
  readonly container: Container;
  /** Whether it is an object, or in one: what else an object has is its own business. */
  readonly inside: boolean;
  readonly children: Iterator<readonly [string, Value], undefined>;
}

function isTensor(value: Value): value is TensorRef | UnreadableTensor {
  return value instanceof TensorRef || value instanceof UnreadableTensor;
}

function isContainer(value: Value): value is Container {
  return (
    value instanceof PyDict ||
    value instanceof PyList ||
    value instanceof PyTuple ||
    value instanceof PyObject
  );
}

function join(prefix: string, key: string): string {
  return prefix === '' ? key : `${prefix}.${key}`;
}

function* childrenOf(
  container: Container,
  savedBy?: Saving['savedBy'],
): Generator<readonly [string, Value], undefined> {
  if (container instanceof PyDict) yield* keyed(container.entries);
  else if (container instanceof PyObject) yield* partsOf(container, savedBy?.(container.type));
  else yield* positions(container.items);
}

/** Of a module what it saves; of any other object what can hold tensors, as a dictionary, a (named) tuple, by attributes. */
function* partsOf(
  object: PyObject,
  saved: ReadonlySet<string> | undefined,
): Generator<readonly [string, Value], undefined> {
  const attributes = attributesOf(object);
  const module =
    saved === undefined
      ? modulePartsOf(attributes)
      : [...attributes].filter(([name, value]) => value instanceof PyObject || saved.has(textOf(name) ?? ''));
  if (module !== undefined) {
    yield* keyed(module);
    return;
  }
  yield* keyed(object.entries);
  yield* positions(object.items.length > 0 ? object.items : object.parameters);
  // Dictionaries whose keys are attributes as well have everything twice.
  yield* keyed([...attributes].filter(([key]) => !object.entries.has(key)));
}

function* positions(items: readonly Value[]): Generator<readonly [string, Value], undefined> {
  for (const [index, item] of items.entries()) yield [String(index), item];
}

function* keyed(entries: Iterable<readonly [Value, Value]>): Generator<readonly [string, Value], undefined> {
  // A key that is no text or number, such as a tuple, is called by its position.
  let position = 0;
  for (const [key, value] of entries) yield [textOf(key) ?? `#${position++}`, value];
}

const charactersPerByte = 16;
const freeCharacters = 100_000;

class Budget {
  readonly #most: number;
  readonly #source: string;
  #spent = 0;

  constructor(pickleBytes: number, source: string) {
    this.#most = charactersPerByte * pickleBytes + freeCharacters;
    this.#source = source;
  }

  spend(name: string): void {
    // One more, so that empty names end, too.
    this.#spent += name.length + 1;
    if (this.#spent > this.#most) {
      throw new CardinalError(
        `${this.#source}: its names have more than ${this.#most} characters in all: dictionaries are nested or shared too deeply`,
      );
    }
  }
}
