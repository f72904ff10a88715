import type { DisposeOptions } from '../base/disposal.ts';
import type { Ranks } from '../base/ranks.ts';
import type { Node } from '../graph/node.ts';
import type { Entry, Plan } from '../plan/plan.ts';
import type { Target } from '../plan/target.ts';

/** Order of the elements of a rank-4 array: N, C, H, W as in PyTorch, or N, H, W, C as it is stored. */
export type Order = 'contiguous' | 'channels_last';

/**
 * A device that runs plans. It sees nothing but plans: no modules, no gradient rules, no data. `reference` is the
 * specification; every other backend passes the same conformance suite against it.
 *
 * What the device can do, it declares as the `Target` of planning: alignment, sizes, scratch memory, fusions, costs.
 *
 * **Memory.** A plan gives every buffer an offset in one block of `peakBytes`, such that buffers that are alive at the same
 * step do not overlap; but an output may lie where an input of its step lies that dies there (`replaces` of the op). A backend
 * with one block takes the offsets as they are. One that pools whole buffers takes from the steps when a buffer is first and last
 * used, and may give each its own place, an output that lies on an input included. Either way, all roles but `activation` and
 * `workspace` keep their contents for the life of the program, and begin as zeros.
 *
 * **Ranks.** A plan for several ranks (`Plan.ranks`) has `all_reduce` steps, which a backend gives to the communicator that it was created
 * with; `load` refuses one that is for other ranks. Whoever runs such a program awaits each run before anything else.
 *
 * **Loss.** A device may go away: a GPU that is reset, a thread that ends. From then on `load`, and `write`, `read` and `run` of
 * its programs, throw a `DeviceLostError`, also those that were under way. Turns that wait begin, and meet the error by
 * themselves. `dispose` of backend and programs still resolves. Nothing is repaired: whoever wants to go on creates another backend.
 */
export interface Backend extends Target {
  readonly name: string;
  /** What does the work, for people: "2 threads, WebAssembly wide, OpenBLAS". */
  readonly description: string;
  /** What the last digits of its results depend on, if known: two backends that declare the same give the same bits. */
  readonly numerics?: Numerics | undefined;
  /** Which of the ranks it is whose programs may train together. Absent: it is alone. */
  readonly ranks?: Ranks | undefined;
  /**
   * The kernels that each node of a plan runs, in their order: for listings. A kernel that computes two nodes at once stands at
   * the first.
   */
  kernelsOf(plan: Plan): ReadonlyMap<Node, readonly KernelUse[]>;
  /**
   * Allocates what the plan's buffers need, zeroed, and what the backend itself needs beside them (scratch rooms, packed
   * weights), and makes the program ready. Several may be loaded at once, and while programs run.
   * @throws {CardinalError} if memory does not suffice, or the plan has a node that the backend cannot compute.
   * @throws {DisposedError} if the backend was disposed of before it was done.
   * @throws {DeviceLostError} if the device is gone.
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
  /** The native library that does matmuls; their sums depend on its version, processor and number of threads. */
  readonly library?: NativeLibrary | undefined;
}

export const multiplyAdds = ['fused', 'separate', 'double'] as const;
export type MultiplyAdd = (typeof multiplyAdds)[number];

/** The classes for people. */
export const multiplyAddInWords: Readonly<Record<MultiplyAdd, string>> = {
  fused: 'multiply–adds rounded once',
  separate: 'multiply–adds rounded twice',
  double: 'sums in double precision',
};

/** The native library that a backend calls for matmuls. */
export interface NativeLibrary {
  readonly name: string;
  /** Its version as it reports it; empty if it reports none. */
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
 *     const [loss, logits] = await program.take(async () => {
 *       program.write('input', pictures);
 *       await program.run('gradient');
 *       return program.read(['loss', 'logits']);
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
   * if the element counts differ. `order` is the layout of `data`; default: contiguous.
   * @throws {DisposedError} if the program is gone.
   * @throws {DeviceLostError} if the device is.
   */
  write(name: string, data: Float32Array, order?: Order): void;
  /**
   * Copies a buffer out, or several, in the order of their names: all of them in one trip to the device. An activation holds
   * what was last put into its place, so only persistent roles make sense after a run.
   * @throws {DisposedError} if the program is gone.
   * @throws {DeviceLostError} if the device is.
   */
  read(name: string, order?: Order): Promise<Float32Array>;
  read(names: readonly string[], order?: Order): Promise<Float32Array[]>;
  /**
   * Runs one of the plan's step lists to its end. What is asked for after it comes after it, whether it was awaited or not; but where ranks
   * wait for each other it must be.
   * @throws {DisposedError} if the program is gone.
   * @throws {DeviceLostError} if the device is.
   */
  run(entry: Entry): Promise<void>;
  /**
   * Refuses new work and, unless it is to `drain`, what waits for its turn, and frees the memory: at once, or when the work whose turn
   * it is has ended. Resolves when it is free; so work may call it, but must not await it in its own turn. May be called again.
   */
  dispose(options?: DisposeOptions): Promise<void>;
}
