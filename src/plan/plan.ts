import type { Node } from '../graph/node.ts';
import type { Ranks } from '../base/ranks.ts';
import type { Shape } from '../graph/value.ts';

/**
 * What a buffer is for:
 * - `input` written by the host before a run, `output` read by it afterwards;
 * - `parameter`, `buffer` (running statistics, momentum, moving averages), `gradient` (of a parameter, named
 *   `grad.<parameter>`), `folded` (weights the prologue computed) keep their place for the life of the program;
 * - `activation` shares the arena with others that are not alive at the same time;
 * - `workspace` is scratch room of a backend, one for all steps.
 */
export type BufferRole =
  'input' | 'output' | 'parameter' | 'buffer' | 'gradient' | 'folded' | 'activation' | 'workspace';

export interface PlanBuffer {
  readonly id: number;
  readonly name: string;
  /** In PyTorch's order; rank-4 buffers are stored channels-last (N×H×W×C, K×R×S×C/G). */
  readonly shape: Shape;
  readonly role: BufferRole;
  /** Bytes from the start of the program's memory, a multiple of the target's `alignment`. */
  readonly offset: number;
  /** Bytes of its elements; the next buffer begins at the next multiple of the `alignment`. */
  readonly bytes: number;
}

/** The rank that a plan is for. */
export interface PlanRanks extends Ranks {
  /** Pictures of one run over all ranks, of which each takes its `rowsOf`. */
  readonly batch: number;
}

/** One node with its buffers: `inputs` and `outputs` in the order of `OpTable`. */
export interface Step {
  readonly index: number;
  readonly entry: Entry;
  readonly node: Node;
  readonly inputs: readonly PlanBuffer[];
  readonly outputs: readonly PlanBuffer[];
  /** True if it computes once more, for the backward pass, what a step before it has computed. */
  readonly recompute: boolean;
}

/**
 * Step lists that a host runs by name:
 * - `prologue` once after weights are written (batch norm folded into convolutions), then `forward` as often as wanted;
 *   `forward@4` and so on where a plan has other batch sizes than its largest (see `batchesOf`);
 * - in training `gradient` (forward and backward of one micro-batch), `accumulate` after it if several micro-batches
 *   make a step, and `update` (clipping, optimiser, moving average).
 */
export type Entry = 'prologue' | 'forward' | `forward@${number}` | 'gradient' | 'accumulate' | 'update';

/** What there is for each entry of a plan, in the order of its steps. */
export type ByEntry<T> = Readonly<Record<Entry, T>>;

/** The entries that a plan has. */
export function entriesOf(lists: ByEntry<unknown>): Entry[] {
  return Object.keys(lists) as Entry[];
}

/** What `make` makes for each of a plan's entries, in their order. */
export function byEntry<T>(lists: ByEntry<unknown>, make: (entry: Entry) => T): ByEntry<T> {
  return Object.fromEntries(entriesOf(lists).map((entry) => [entry, make(entry)])) as ByEntry<T>;
}

/** A static program: every buffer's place and every kernel call, known before the first number moves. */
export interface Plan {
  readonly name: string;
  readonly steps: ByEntry<readonly Step[]>;
  readonly buffers: readonly PlanBuffer[];
  /** Scratch room, present if any step asked for some. */
  readonly workspace: PlanBuffer | undefined;
  /** All the memory the program uses: what a backend allocates, to the byte. */
  readonly peakBytes: number;
  /** Where activations may be recomputed: what it would be if all were kept. At least `peakBytes`. */
  readonly keepingAllBytes?: number;
  /**
   * For a program that trains together with those of other ranks: which of them it is for, and how many pictures a run takes over
   * all ranks. Absent: it is alone.
   */
  readonly ranks?: PlanRanks;
  /** Rewrites done by the fuse pass, by name, for people to read. */
  readonly fusions: Readonly<Record<string, number>>;
}
