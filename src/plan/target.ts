import { having, wholeFrom, type Kind } from '../base/options.ts';
import type { Node } from '../graph/node.ts';

/** What planning asks of the device that is to run the plan. Every `Backend` is one. */
export interface Target {
  /** Buffers begin at multiples of so many bytes: a cache line of a CPU, or what a device demands of a binding. At least 4. */
  readonly alignment: number;
  /** The most bytes a program may take (`Plan.peakBytes`). */
  readonly maxBytes: number;
  /** The most bytes a single buffer may take, where a device binds no more at once; else `Infinity`. */
  readonly maxBufferBytes: number;
  /** Bytes of scratch room that a node's kernels need while they run. The plan reserves the largest. */
  workspaceBytes(node: Node): number;
  /**
   * Whether a plan may hold this node in place of the several that it fuses. The fusing passes ask about each candidate
   * before they form it; where the answer is no they fuse less. Of nodes that fuse nothing one is asked about, `top1_hits`:
   * where the answer is no the host counts.
   */
  supports(node: Node): boolean;
  /**
   * About how long a node takes, in a unit of the device's own: only ratios count. The plan weighs it against bytes when it
   * chooses which activations to keep and which to recompute.
   */
  workOf(node: Node): number;
}

/** What limits the size of a plan. */
export type Capacity = Pick<Target, 'maxBytes' | 'maxBufferBytes'>;

const methods = having('', 'workspaceBytes', 'supports', 'workOf');

/** A `Target`: one that lacks a number would give buffers no place. */
export const targetKind: Kind = {
  expected:
    'a backend, or what planning asks of one (alignment, maxBytes, maxBufferBytes, workspaceBytes, supports, workOf)',
  is: (value) => {
    if (!methods.is(value)) return false;
    const { alignment, maxBytes, maxBufferBytes } = value as Target;
    return wholeFrom(4).is(alignment) && [maxBytes, maxBufferBytes].every((most) => most > 0);
  },
};
