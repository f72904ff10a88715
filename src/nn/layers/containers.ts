import { CardinalError, UsageError } from '../../base/errors.ts';
import { described } from '../../base/described.ts';
import { isPlain } from '../../base/options.ts';
import { quoted } from '../../base/quoted.ts';
import type { Value } from '../../graph/value.ts';
import { checkModule, Module } from '../module.ts';

/** Children by name in an order of their own: plain attributes would sort "10" before "a", whatever came first. */
abstract class Container extends Module {
  readonly #children: [string, Module][] = [];

  /** Number of children. */
  override get length(): number {
    return this.#children.length;
  }

  /** The child at `index`; −1 is the last. Throws a `CardinalError` if there is none. */
  at(index: number): Module {
    const child = this.#children.at(index);
    if (child === undefined) {
      throw new CardinalError(`${this.typeName}: has ${this.length} children, none at ${index}`);
    }
    return child[1];
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.children()[Symbol.iterator]();
  }

  override namedChildren(): [string, Module][] {
    return [...this.#children];
  }

  protected insert(name: string, module: Module): void {
    checkModule(this.typeName, `child ${quoted(name)}`, module);
    if (name === '' || name.includes('.') || this.#children.some(([taken]) => taken === name)) {
      throw new CardinalError(
        `${this.typeName}: expected names of children without dots, each once, got "${name}"`,
      );
    }
    this.#children.push([name, module]);
  }
}

/**
 * Modules one after another, named "0", "1", … if given as arguments or as an array, or by the keys of a record (JavaScript
 * sorts keys that are whole numbers).
 */
export class Sequential extends Container {
  static override readonly typeName: string = 'Sequential';

  constructor(...modules: readonly Module[] | [readonly Module[]] | [Readonly<Record<string, Module>>]) {
    super();
    for (const [name, module] of entriesOf(modules)) this.insert(name, module);
  }

  forward(x: Value): Value {
    return this.children().reduce((value, module) => module(value), x);
  }
}

/** Modules that `forward` of their owner calls one by one; they are named "0", "1", …. */
export class ModuleList extends Container {
  static override readonly typeName: string = 'ModuleList';

  constructor(modules: Iterable<Module> = []) {
    super();
    const given: unknown = modules;
    // A module of several is iterable itself.
    if (!(given instanceof Object) || given instanceof Module || !(Symbol.iterator in given)) {
      throw new UsageError(`ModuleList: expected an array of modules, got ${described(given)}`);
    }
    for (const module of modules) this.append(module);
  }

  append(module: Module): this {
    this.insert(String(this.length), module);
    return this;
  }

  forward(): Value {
    throw new CardinalError('ModuleList: is no function; call its modules one by one');
  }
}

function entriesOf(
  modules: readonly Module[] | [readonly Module[]] | [Readonly<Record<string, Module>>],
): [string, Module][] {
  const [first] = modules;
  const inside: unknown = first;
  const packed = modules.length === 1 && typeof inside === 'object' && inside !== null;
  if (!packed) return Object.entries(modules as readonly Module[]);
  // A Map has no entries of an object's kind: the network would be empty.
  if (!Array.isArray(inside) && !isPlain(inside)) {
    throw new UsageError(
      `Sequential: expected modules, an array of them, or an object of them by name, got ${described(inside)}`,
    );
  }
  return Object.entries(inside as Readonly<Record<string, Module>>);
}
