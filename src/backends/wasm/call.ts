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
  /** Written once to shared memory as 32-bit words; `args` points at them. Addresses are absolute byte offsets. */
  readonly args: readonly number[];
}

/** A call of a kernel whose arguments are defined in `args/`. */
export function call<F extends Fields>(
  definition: KernelArgs<F>,
  chunks: number,
  args: Values<NoInfer<F>>,
): Call {
  return { kernel: definition.kernel, chunks, args: toWords(definition, args) };
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
 * Room for what `pack` makes of these weights alone, which stays between runs; undefined if the weights change or there is no
 * room. Steps that make the same of the same weights share it. Where the calls are to be done is not the step's to say: it does
 * those that it gets back.
 */
export type Keep = (weights: PlacedBuffer, bytes: number, pack: Pack) => Packed | undefined;

/** The calls that make something of weights and put it at an address: the same but for the address whenever they are asked for. */
export type Pack = (address: number) => readonly Call[];

/** Where what is made of weights lies, and what puts it there before each use; no calls if it is there. */
export interface Packed {
  readonly address: number;
  readonly calls: readonly Call[];
}

/** What is made of weights: kept if it can be, else made anew in the workspace. */
export function packed(
  { keep, workspace }: { readonly keep: Keep; readonly workspace: number },
  weights: PlacedBuffer,
  bytes: number,
  pack: Pack,
): Packed {
  return keep(weights, bytes, pack) ?? { address: workspace, calls: pack(workspace) };
}

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
