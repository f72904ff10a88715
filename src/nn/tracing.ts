import { CardinalError } from '../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape, Value } from '../graph/value.ts';
import type { ModuleBuffer } from './buffer.ts';
import type { Module } from './module.ts';
import type { Parameter } from './parameter.ts';

/** What a module needs to know while a network is traced: where nodes go, and what its tensors are called there. */
export interface Tracing {
  readonly graph: Graph;
  /** Batch norm takes statistics of the batch unless it is frozen, dropout drops. */
  readonly training: boolean;
  /** Runs the body of a module's `forward`, so that what it records carries the module's path. */
  call(module: Module, forward: () => Value): Value;
  /** The graph's value of a parameter; the same one at every use. */
  parameter(parameter: Parameter): Value;
  buffer(buffer: ModuleBuffer, shape: Shape): Value;
  /**
   * For one use of dropout: the input that a host fills with a new integer for every step, one for all uses, and a number
   * that tells this use from the others.
   */
  dropout(): { readonly seed: Value; readonly stream: number };
}

let active: Tracing | undefined;

/** The trace that runs now. Throws a `CardinalError` outside of one, naming the caller `what`. */
export function currentTracing(what: string): Tracing {
  if (active === undefined) {
    throw new CardinalError(
      `${what}: called outside a trace, but modules work on symbolic values; give the network to trace, summary or compile`,
    );
  }
  return active;
}

export function withTracing<T>(tracing: Tracing, body: () => T): T {
  const outer = active;
  active = tracing;
  try {
    return body();
  } finally {
    active = outer;
  }
}
