import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Shape, Value } from '../graph/value.ts';
import type { ModuleBuffer } from './buffer.ts';
import type { Parameter } from './parameter.ts';
import type { Outputs } from './several.ts';

/** What a trace needs of a module. */
export interface Traceable {
  /** Names it in summaries and messages. */
  readonly typeName: string;
  forward(...inputs: Value[]): Outputs;
}

/** What a module needs to know while a network is traced: where nodes go, and what its tensors are called there. */
export interface Tracing {
  readonly graph: Graph;
  /** Batch norm takes statistics of the batch unless it is frozen, dropout drops. */
  readonly training: boolean;
  /** Runs a module's `forward`, so that what it records carries the module's path. Throws a `UsageError` if it is no fit. */
  call(module: Traceable, inputs: readonly Value[]): Outputs;
  /** The graph's value of a parameter; the same one at every use. */
  parameter(parameter: Parameter): Value;
  buffer(buffer: ModuleBuffer, shape: Shape): Value;
  /**
   * For one use of dropout: the input that a host fills with a new integer for every step, one for all uses, and a number
   * that distinguishes this use from the others.
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

/** Throws a `UsageError` unless `value` is a value of the trace: a caller in plain JavaScript may give anything. */
export function checkValue(what: string, name: string, { graph }: Tracing, value: unknown): void {
  if (graph.owns(value)) return;
  throw new UsageError(
    `${what}: expected ${name} to be a value of the network that is traced, what a module or a function of F gave in this run of forward; got ${described(value)}`,
  );
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
