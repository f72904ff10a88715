import type { DisposeOptions } from '../base/disposal.ts';
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
  /** What the last digits of its results depend on, if it is known: two backends that say the same give the same bits. */
  readonly numerics?: Numerics | undefined;
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
   * makes the program ready. Several may be loaded at once, and while programs run.
   * @throws {DisposedError} if the backend was disposed of before it was done.
   */
  load(plan: Plan): Promise<Program>;
  /**
   * Ends the workers, frees the programs' memory and resolves when both are gone. Programs cannot be used any more, not even by
   * work whose turn it is: they reject with a `DisposedError`. With `drain`, turns that were taken are finished first, and only new
   * ones are refused. May be called again, and then without `drain` to cut the draining short.
   */
  dispose(options?: DisposeOptions): Promise<void>;
}

/** The class of a backend's arithmetic. Kernels, threads and processors that make no difference are not in it. */
export interface Numerics {
  /** How a product is added to a sum: rounded once, rounded after either operation, or in double precision. */
  readonly multiplyAdd: MultiplyAdd;
  /** The native library that does matrix products, on whose version, processor and number of threads their sums depend. */
  readonly library?: NativeLibrary | undefined;
}

export const multiplyAdds = ['fused', 'separate', 'double'] as const;
export type MultiplyAdd = (typeof multiplyAdds)[number];

export interface NativeLibrary {
  readonly name: string;
  /** What it says of itself; empty if nothing. */
  readonly version: string;
  /** The processor that its kernels are for. */
  readonly processor: string;
  readonly threads: number;
}

/** A kernel of a step. `once`: it runs in the prologue instead, because it depends on nothing but weights that stay as they are. */
export interface KernelUse {
  readonly name: string;
  readonly once: boolean;
}

/**
 * A plan in a device's memory. Its buffers are there once, for all callers: what belongs together, from writing an input to reading
 * what came of it, is done in a turn of its own, and then nobody writes over another's input.
 *
 *     const logits = await program.take(async () => {
 *       program.write('input', pictures);
 *       await program.run('forward');
 *       return program.read('logits');
 *     });
 *
 * Everything in the library that computes takes turns: concurrent callers are served one after another, in the order in which they
 * called. By themselves `write`, `run` and `read` take effect in the order of the calls, whoever's turn it is.
 */
export interface Program {
  readonly plan: Plan;
  /**
   * Does `work` when its turn has come; at once, before it returns, if nobody else is at work. Work must not wait for another
   * turn of the same program, which would never come.
   * @throws {DisposedError} if the program was disposed of before.
   */
  take<T>(work: () => T | Promise<T>): Promise<T>;
  /** Whether somebody is at work: then what is given to work that waits must not change meanwhile. */
  readonly busy: boolean;
  /**
   * Copies `data` into the buffer called `name` (any role but `workspace`). Throws a `CardinalError` if there is none or
   * if the element counts differ. `order` tells how `data` is laid out; contiguous unless said otherwise.
   * @throws {DisposedError} if the program is gone.
   */
  write(name: string, data: Float32Array, order?: Order): void;
  /**
   * Copies the buffer out. An activation holds what was last put into its place, so only persistent roles make sense after a run.
   * @throws {DisposedError} if the program is gone.
   */
  read(name: string, order?: Order): Promise<Float32Array>;
  /**
   * Runs one of the plan's step lists to its end.
   * @throws {DisposedError} if the program is gone.
   */
  run(entry: Entry): Promise<void>;
  /**
   * Refuses new work and, unless it is to `drain`, what waits for its turn, and frees the memory: at once, or when the work whose turn
   * it is has ended. Resolves when it is free; so work may call it, but must not await it in its own turn. May be called again.
   */
  dispose(options?: DisposeOptions): Promise<void>;
}
