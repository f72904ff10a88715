import type { Node } from '../graph/node.ts';
import type { Entry, Plan } from '../plan/plan.ts';

/** How the elements of a rank-4 array follow each other: N, C, H, W as PyTorch has it, or N, H, W, C as it is stored. */
export type Order = 'contiguous' | 'channels_last';

/**
 * A device that runs plans. It sees nothing but plans: no modules, no gradients rules, no data.
 * `reference` is the specification; every other backend passes the same conformance suite against it.
 */
export interface Backend {
  readonly name: string;
  /** The native library that does its matrix products, if one does. */
  readonly library?: string | undefined;
  /** Workers that share the work of every step. Results do not depend on it, bit for bit, unless `library` is there. */
  readonly threads: number;
  /** The most memory one program may have, in bytes. */
  readonly maxBytes: number;
  /** Scratch bytes a step needs while it runs; the plan reserves the largest. */
  workspaceBytes(node: Node): number;
  /**
   * The kernels that each node of a plan runs, in their order: for listings. A kernel that computes two nodes at once stands at
   * the first.
   */
  kernelsOf(plan: Plan): ReadonlyMap<Node, readonly KernelUse[]>;
  /**
   * Allocates `plan.peakBytes`, zeroed, and what the backend itself needs beside them (scratch rooms, packed weights), and
   * makes the program ready.
   */
  load(plan: Plan): Promise<Program>;
  /** Ends the workers. Programs of this backend cannot be used afterwards. */
  dispose(): Promise<void>;
}

/** A kernel of a step. `once`: it runs in the prologue instead, because it depends on nothing but weights that stay as they are. */
export interface KernelUse {
  readonly name: string;
  readonly once: boolean;
}

/** A plan in a device's memory. One call at a time: await each before the next. */
export interface Program {
  readonly plan: Plan;
  /**
   * Copies `data` into the buffer called `name` (any role but `workspace`). Throws a `CardinalError` if there is none or
   * if the element counts differ. `order` tells how `data` is laid out; contiguous unless said otherwise.
   */
  write(name: string, data: Float32Array, order?: Order): void;
  /** Copies the buffer out. An activation holds what was last put into its place, so only persistent roles make sense after a run. */
  read(name: string, order?: Order): Promise<Float32Array>;
  /** Runs one of the plan's step lists to its end. */
  run(entry: Entry): Promise<void>;
  /** Frees the memory. */
  dispose(): void;
}
