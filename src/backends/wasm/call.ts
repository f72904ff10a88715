import type { OpName } from '../../graph/op-table.ts';
import type { NodeOf } from '../../graph/node.ts';
import type { BufferRole, PlanBuffer } from '../../plan/plan.ts';
import { toWords, type Fields, type KernelArgs, type Values } from './args/definition.ts';

/**
 * One kernel over `chunks` pieces of work. Workers claim chunks one by one and meet at a barrier before the next call,
 * so a kernel may depend on all that earlier calls wrote. How work is cut into chunks depends on shapes alone, never on
 * the number of threads: results are the same bit for bit. Products of a native library are the exception.
 */
export interface Call {
  /**
   * Exported name of the AssemblyScript function `(args: usize, chunk: i32, scratch: usize) => void`; the last may be left
   * out. `scratch` is `SCRATCH_BYTES` of room that belongs to the calling thread; what it holds does not outlast a chunk.
   */
  readonly kernel: string;
  readonly chunks: number;
  /** Depends on weights that stay as they are: may be done in the prologue instead of every time. */
  readonly once?: boolean;
  /** Written once to shared memory as 32-bit words; `args` points at them. Addresses are absolute byte offsets. */
  readonly args: readonly number[];
}

/** A call of a kernel whose arguments are defined in `args/`. */
export function call<F extends Fields>(
  definition: KernelArgs<F>,
  chunks: number,
  args: Values<NoInfer<F>>,
  { once = false }: { readonly once?: boolean } = {},
): Call {
  return { kernel: definition.kernel, chunks, once, args: toWords(definition, args) };
}

/** Where a plan's memory begins. Nothing lies at address 0, which kernels may take for "absent". */
export const PLAN_ADDRESS = 64;

/** Bytes of private scratch room of every thread: a quarter of a common second-level cache. */
export const SCRATCH_BYTES = 512 * 1024;

/** A step as the lowering of its op sees it: buffers with absolute addresses. */
export interface LowerStep<K extends OpName> {
  readonly attrs: NodeOf<K>['attrs'];
  readonly inputs: readonly PlacedBuffer[];
  readonly outputs: readonly PlacedBuffer[];
  /** Start of the scratch room (64-byte aligned), at least as large as `workspaceBytes` of this op asked for. */
  readonly workspace: number;
  readonly keep: Keep;
}

/**
 * The address of room for what is made of these weights alone, which stays between runs; undefined if the weights change
 * or there is no room. What fills it is a call to be done `once`.
 */
export type Keep = (weights: PlacedBuffer, bytes: number) => number | undefined;

export type PlacedBuffer = Pick<PlanBuffer, 'shape' | 'bytes'> & {
  readonly address: number;
  readonly role?: BufferRole;
};

/** How one op becomes kernel calls; one per op under `lower/`. */
export interface Lowering<K extends OpName> {
  /** Scratch bytes, from shapes alone. Absent: none. */
  workspaceBytes?(node: NodeOf<K>): number;
  calls(step: LowerStep<K>): readonly Call[];
}
