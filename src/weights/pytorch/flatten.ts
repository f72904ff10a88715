import { CardinalError } from '../../base/errors.ts';
import type { TensorEntry } from '../archive.ts';
import { quoted } from '../../base/quoted.ts';
import { tensorEntry, type StorageFile } from './tensor.ts';
import { PyDict, PyList, PyTuple, TensorRef, type Value } from './values.ts';

export interface Flat {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Names for everything in nested dictionaries, lists and tuples: keys and positions joined by dots, in the file's order.
 * Numbers and text in dictionaries are metadata; in lists they are skipped, since they are indices and histories.
 *
 * A container that holds itself is not entered again. One that is shared has a name for each way to it, so that a small
 * file can ask for any number of names: their characters are limited to a multiple of the pickle's bytes.
 */
export function flatten(root: Value, pickleBytes: number, file: StorageFile): Flat {
  const tensors = new Map<string, TensorEntry>();
  const metadata = new Map<string, string>();
  const source = file.source.name;
  const budget = new Budget(pickleBytes, source);
  const open: Level[] = [];
  const entered = new Set<Value>();

  const enter = (prefix: string, container: Container): void => {
    if (entered.has(container)) return;
    entered.add(container);
    open.push({ prefix, container, children: childrenOf(container) });
  };

  if (root instanceof TensorRef) tensors.set('tensor', tensorEntry('tensor', root, file));
  if (isContainer(root)) enter('', root);
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const next = level.children.next();
    if (next.done === true) {
      entered.delete(level.container);
      open.pop();
      continue;
    }
    const [key, value] = next.value;
    const name = level.prefix === '' ? key : `${level.prefix}.${key}`;
    budget.spend(name);
    if (value instanceof TensorRef) {
      if (tensors.has(name)) {
        throw new CardinalError(
          `${source}: two tensors are called ${quoted(name)}, because dots join the keys of nested dictionaries: rename a key`,
        );
      }
      tensors.set(name, tensorEntry(name, value, file));
    } else if (isContainer(value)) {
      enter(name, value);
    } else if (level.container instanceof PyDict) {
      const text = textOf(value);
      // Of two notes with one name the first stays: nobody's weights depend on it.
      if (text !== undefined && !metadata.has(name)) metadata.set(name, text);
    }
  }
  return { tensors, metadata };
}

type Container = PyDict | PyList | PyTuple;

interface Level {
  readonly prefix: string;
  readonly container: Container;
  readonly children: Iterator<readonly [string, Value], undefined>;
}

function isContainer(value: Value): value is Container {
  return value instanceof PyDict || value instanceof PyList || value instanceof PyTuple;
}

function* childrenOf(container: Container): Generator<readonly [string, Value], undefined> {
  if (container instanceof PyDict) {
    // A key that is no text or number, such as a tuple, is called by its position.
    let position = 0;
    for (const [key, value] of container.entries) yield [textOf(key) ?? `#${position++}`, value];
  } else {
    for (const [index, item] of container.items.entries()) yield [String(index), item];
  }
}

/** Numbers, text and None as Python's `str` has them, nearly: 90.0 is 90. */
function textOf(value: Value): string | undefined {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
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
