import type { GraphBuilder } from './graph-builder.ts';
import { elementCodes, type ElementType, type OnnxAttributes, type OnnxNumbers } from './model.ts';

/** Writes formulas into a graph, under one path. Everything goes by the names of the results. */
export class Calculator {
  readonly #builder: GraphBuilder;
  readonly #path: string;

  constructor(builder: GraphBuilder, path: string) {
    this.#builder = builder;
    this.#path = path;
  }

  /** An operator without attributes. */
  readonly op = (name: string, ...inputs: string[]): string => this.with(name, inputs, {});

  readonly with = (name: string, inputs: readonly string[], attributes: OnnxAttributes): string =>
    this.#builder.node(this.#path, name, inputs, attributes);

  /** A number in double precision. */
  readonly real = (value: number): string => this.#scalar(value, Float64Array.of(value), 'double');

  /** A 64-bit integer. */
  readonly int = (value: number): string => this.#scalar(value, BigInt64Array.of(BigInt(value)), 'int64');

  /** One byte. */
  readonly uint8 = (value: number): string => this.#scalar(value, Uint8Array.of(value), 'uint8');

  readonly table = (what: string, dims: readonly number[], data: OnnxNumbers): string =>
    this.#builder.constant(this.#path, what, dims, data);

  readonly double = (name: string): string => this.#cast(name, 'double');
  readonly float = (name: string): string => this.#cast(name, 'float');
  /** Cuts fractions off. */
  readonly whole = (name: string): string => this.#cast(name, 'int64');
  readonly byte = (name: string): string => this.#cast(name, 'uint8');

  #scalar(value: number, data: OnnxNumbers, type: ElementType): string {
    const name = `/${this.#path}/${type}/${value}`;
    return this.#builder.has(name) ? name : this.#builder.tensor(name, [], data);
  }

  #cast(name: string, type: ElementType): string {
    return this.with('Cast', [name], { to: { int: elementCodes[type] } });
  }
}
