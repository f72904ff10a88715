import type { Shape, Value } from './value.ts';

/**
 * What the graph must know of an op. How to compute it is the backends' business. `Attrs` are its attributes, `Recorded` the ops
 * (attributes by name) that its gradient is made of.
 */
export interface OpDefinition<Name extends string, Attrs, in Recorded> {
  /** Output shapes. Throws a `CardinalError` that names the op, what it expected and what came. */
  infer(inputs: readonly Shape[], attrs: Attrs): readonly Shape[];
  /**
   * Records the nodes that give d(loss)/d(input) for each input (undefined: no gradient flows there), from
   * d(loss)/d(output) for each output (undefined: nothing depends on it). Absent for ops that are never differentiated.
   */
  gradient?(
    graph: Recorder<Recorded>,
    node: OpNode<Name, Attrs>,
    gradients: readonly (Value | undefined)[],
  ): readonly (Value | undefined)[];
  /** Multiply–accumulates of a weight in one run. Absent: none (element-wise work is not counted). */
  macs?(node: OpNode<Name, Attrs>): number;
  /** Bytes that each rank gives to the others in one run. Absent: none. */
  bytes?(node: OpNode<Name, Attrs>): number;
  /** Indices of the inputs it writes in place. */
  mutates?(attrs: Attrs, inputCount: number): readonly number[];
  /**
   * Index of the input whose memory its first output may take, if nothing else needs that input any more: no backend reads an
   * element of it after it has written there. Absent or undefined: none.
   */
  replaces?(attrs: Attrs): number | undefined;
  /**
   * What gives the node's first output again, bit for bit, without writing anything in place: an op that `applier` is given. Its
   * inputs may be the node's other outputs. Absent: the node itself does, if it writes nothing in place.
   */
  repeat?<T>(node: OpNode<Name, Attrs>, applier: Applier<Recorded, T>): T;
}

/** The definitions of a family of ops, whose attributes are `Ops` by name. Their gradients may use those `Beside` them. */
export type Definitions<Ops, Beside = unknown> = {
  readonly [K in NameIn<Ops>]: OpDefinition<K, Ops[K], Ops & Beside>;
};

/** An op that is applied to values of a graph. */
export interface OpNode<Name extends string, Attrs> {
  readonly id: number;
  readonly op: Name;
  readonly attrs: Attrs;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Path of the module that recorded it (`layer1.0.conv2`), empty at the top. */
  readonly scope: string;
}

/** What records nodes of the ops `Ops`: a graph, to a gradient rule that knows no other ops. */
export interface Recorder<Ops> {
  /** Records one op and gives its outputs. */
  apply<K extends NameIn<Ops>>(op: K, inputs: readonly Value[], attrs: Ops[K]): readonly Value[];
  /** `apply` for ops with one output. */
  apply1<K extends NameIn<Ops>>(op: K, inputs: readonly Value[], attrs: Ops[K]): Value;
}

/** What makes a T of one of the ops `Ops` and what it is applied to. */
export interface Applier<Ops, T> {
  apply<K extends NameIn<Ops>>(op: K, inputs: readonly Value[], attrs: Ops[K]): T;
}

type NameIn<Ops> = keyof Ops & string;

/** An op without attributes. */
export type NoAttrs = Readonly<Record<string, never>>;
