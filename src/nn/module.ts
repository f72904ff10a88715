import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { callback, checkKind, checkOptions, finite, flag } from '../base/options.ts';
import { quoted } from '../base/quoted.ts';
import { Rng } from '../base/rng.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { Value } from '../graph/value.ts';
import { ModuleBuffer } from './buffer.ts';
import { Parameter } from './parameter.ts';
import type { Outputs } from './several.ts';
import { readSpecs, readState, writeState, type TensorSpec } from './state.ts';
import { currentTracing } from './tracing.ts';

/**
 * A part of a network, as PyTorch's `nn.Module`: subclasses create their children, `Parameter`s and buffers as
 * attributes and define in `forward` what happens to an input. Modules are called like functions, `this.conv1(x)`, on
 * symbolic `Value`s; a call records nodes in the graph being traced and computes nothing.
 *
 * Attribute names make the parameters' paths (`layer1.0.conv2.weight`), in the order of assignment, as in PyTorch.
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- a class cannot declare its call signature; the constructor below provides it
export abstract class Module<Output extends Outputs = Value> {
  /**
   * The class's name in summaries and messages, where a bundler may shorten the one in the source. Nothing else depends on
   * either.
   */
  static readonly typeName: string | undefined = undefined;

  constructor() {
    const call = (...inputs: Value[]): Outputs => currentTracing(module.typeName).call(module, inputs);
    // Own properties that every function has would hide a module's: Sequential has a length, and names are users'.
    Reflect.deleteProperty(call, 'name');
    Reflect.deleteProperty(call, 'length');
    // A constructor may return another object: `this` in subclasses is then this function, which inherits from them.
    const module = Object.setPrototypeOf(call, new.target.prototype) as this;
    Object.defineProperty(module, 'displayName', { value: undefined, writable: true, enumerable: false });
    return module;
  }

  /** Several values are given in a list or by name, `Module<readonly Value[]>` or `Module<{ logits: Value; aux: Value }>`. */
  abstract forward(...inputs: Value[]): Output;

  /** What `summary` prints: the `typeName` of the class itself, if it has one, else its name in the source. */
  get typeName(): string {
    const { constructor } = this;
    const own: unknown = Object.getOwnPropertyDescriptor(constructor, 'typeName')?.value;
    return typeof own === 'string' ? own : constructor.name;
  }

  /** Own tensors by attribute name, in order of assignment. */
  ownParameters(): [string, Parameter][] {
    return attributesOf(this, Parameter);
  }

  ownBuffers(): [string, ModuleBuffer][] {
    return attributesOf(this, ModuleBuffer);
  }

  /** Own submodules by attribute name, in order of assignment. */
  namedChildren(): [string, Module][] {
    return attributesOf(this, Module);
  }

  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module and all below it, parents first, with their paths; a shared one under its first path only. */
  namedModules(): [string, Module][] {
    return firstOfEach([...walk(this, '')]);
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** All parameters with their paths, in PyTorch's order; a shared one under its first path only. */
  namedParameters(): [string, Parameter][] {
    return firstOfEach(below(this, (module) => module.ownParameters()));
  }

  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** All buffers with their paths, in PyTorch's order. */
  namedBuffers(): [string, ModuleBuffer][] {
    return firstOfEach(below(this, (module) => module.ownBuffers()));
  }

  /** Calls `fn` on every submodule, children first, then on this one, as PyTorch does. */
  apply(fn: (module: Module) => void): this {
    checkKind('apply', 'what is called', fn, callback);
    for (const child of this.children()) child.apply(fn);
    fn(this as AnyModule as Module);
    return this;
  }

  /**
   * Reinitialises all parameters, each from its own random stream (seed, 'init', name), and resets the buffers. So a
   * layer's first weights depend on the seed and its name, not on what else the network has.
   */
  initialize(seed: number): this {
    checkKind('initialize', 'the seed', seed, finite);
    for (const [name, parameter] of this.namedParameters()) {
      parameter.reseed(() => Rng.of(seed, 'init', name));
    }
    for (const [, buffer] of this.namedBuffers()) buffer.reset();
    return this;
  }

  /** Parameters and buffers by path, in PyTorch's order. Holds the module's arrays themselves, not copies. */
  stateDict(): StateDict {
    return readState(tensors(this));
  }

  /** Types and shapes of the tensors of `stateDict`, without drawing their numbers. */
  stateSpecs(): Map<string, TensorSpec> {
    return readSpecs(tensors(this));
  }

  /**
   * Copies the tensors of `dict` into this network. Throws a `CardinalError`, before anything is changed, that lists
   * missing, unexpected and mis-shaped names; with `strict: false` only the mis-shaped ones. A missing
   * `num_batches_tracked` is no error: PyTorch before 0.4.1 did not have it, and other formats drop it. With `assign`, as
   * in PyTorch, the network takes the arrays themselves, which whoever gave them leaves alone from then on.
   */
  loadStateDict(
    dict: StateDict,
    options: { readonly strict?: boolean; readonly assign?: boolean } = {},
  ): void {
    checkOptions('loadStateDict', options, { strict: flag, assign: flag });
    const { strict = true, assign = false } = options;
    writeState(this.displayName ?? this.typeName, tensors(this), dict, { strict, assign });
  }
}

export interface Module<Output extends Outputs = Value> {
  /** What messages call this network; the class's name if absent. */
  displayName: string | undefined;
  /** Runs `forward` under this module's name in the graph being traced. */
  (...inputs: Value[]): Output;
}

/** A network or a layer, whatever it gives. */
export type AnyModule = Module<Outputs>;

/** A network's tensors by path, module by module: parameters, then buffers, then children. Shared ones come twice. */
function tensors(root: AnyModule): Map<string, Parameter | ModuleBuffer> {
  return new Map(
    below<Parameter | ModuleBuffer>(root, (module) => [...module.ownParameters(), ...module.ownBuffers()]),
  );
}

/** A module's own attributes that are of a class, in order of assignment. */
function attributesOf<T>(module: AnyModule, type: abstract new (...args: never[]) => T): [string, T][] {
  return Object.entries(module).filter((entry): entry is [string, T] => entry[1] instanceof type);
}

/** What `own` gives of a module and of all below it, with its path. */
function below<T>(root: AnyModule, own: (module: Module) => readonly [string, T][]): [string, T][] {
  return [...walk(root, '')].flatMap(([path, module]) =>
    own(module).map(([name, value]): [string, T] => [join(path, name), value]),
  );
}

/** Keeps a shared value under its first path only. */
function firstOfEach<T>(named: readonly [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return named.filter(([, value]) => !seen.has(value) && seen.add(value));
}

/**
 * A module and all below it, parents first, with their paths; a shared one under each of its paths. Throws a `UsageError` if one
 * is below itself.
 */
export function* walk(
  module: AnyModule,
  path: string,
  above: readonly AnyModule[] = [],
): Generator<[string, Module]> {
  if (above.includes(module)) {
    throw new UsageError(
      `${path}: a module cannot be below itself; keep what holds it in a private field, such as #parent`,
    );
  }
  // As a part of a network each is listed as a module, whatever it gives.
  yield [path, module as Module];
  const here = [...above, module];
  for (const [name, child] of module.namedChildren()) yield* walk(child, join(path, name), here);
}

/** The path of what is called `name` in the module at `path`. */
export function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Throws a `UsageError` unless `value` is a network or a layer: a caller in plain JavaScript may give anything. */
export function checkModule(what: string, name: string, value: unknown): void {
  if (value instanceof Module) return;
  const advice = typeof value === 'string' ? `: createModel(${quoted(value)}) makes one` : '';
  throw new UsageError(
    `${what}: expected ${name} to be a module, such as new nn.ReLU() or what createModel gives, got ${described(value)}${advice}`,
  );
}
