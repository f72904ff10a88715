import { CardinalError } from '../../../base/errors.ts';
import type { Node, NodeOf } from '../../../graph/node.ts';
import type { OpName } from '../../../graph/op-table.ts';
import type { PlanBuffer, Step } from '../../../plan/plan.ts';
import { cpuTarget } from '../../cpu.ts';
import type { Call, Keep, Lowering } from '../call.ts';
import type { BlasUse } from './blas-product.ts';
import { placeStep } from './placed.ts';
import { lowerJoined, plain, withBlas, type Lowerings } from './table.ts';

/** How ops become kernel calls. */
export interface Lowerer {
  /** Scratch bytes the node's kernels need. */
  workspaceBytes(node: Node): number;
  /** Whether there are kernels for it. */
  supports(node: Node): boolean;
  /**
   * The kernel calls of steps that follow each other, for each. Of two that are lowered together the first has the calls that
   * compute both. `keep` gives room for what is made of weights (see `LowerStep`). Default: none.
   */
  lower(steps: readonly Step[], workspace: PlanBuffer | undefined, keep?: Keep): readonly (readonly Call[])[];
}

/**
 * How a backend lowers. With `blas` a native library does the matmuls, cut into as few blocks as its threads need;
 * without it nothing depends on their number.
 */
export function createLowerer(blas: BlasUse | undefined): Lowerer {
  const lowerings = blas === undefined ? plain : withBlas(blas);
  return {
    workspaceBytes: (node) => workspaceOf(lowerings, node),
    supports: (node) => supports(lowerings, node),
    lower: (steps, workspace, keep = () => undefined) => lowerAll(lowerings, steps, workspace, keep),
  };
}

function supports(lowerings: Lowerings, node: Node): boolean {
  return lowerings[node.op] !== undefined && cpuTarget.supports(node);
}

function workspaceOf<K extends OpName>(lowerings: Lowerings, node: NodeOf<K>): number {
  const lowering: Lowering<K> | undefined = lowerings[node.op];
  return lowering?.workspaceBytes?.(node) ?? 0;
}

function lowerAll(
  lowerings: Lowerings,
  steps: readonly Step[],
  workspace: PlanBuffer | undefined,
  keep: Keep,
): readonly (readonly Call[])[] {
  const calls: (readonly Call[])[] = [];
  while (calls.length < steps.length) {
    const step = steps[calls.length];
    const next = steps.at(calls.length + 1);
    const joined = next && lowerJoined(step, next, workspace, keep);
    for (const call of joined ?? [callsOf(lowerings, step.node, step, workspace, keep)]) calls.push(call);
  }
  return calls;
}

function callsOf<K extends OpName>(
  lowerings: Lowerings,
  node: NodeOf<K>,
  step: Step,
  workspace: PlanBuffer | undefined,
  keep: Keep,
): readonly Call[] {
  const lowering: Lowering<K> | undefined = lowerings[node.op];
  if (lowering === undefined || !supports(lowerings, step.node)) {
    const what = `op "${node.op}"${lowering === undefined ? '' : ` with ${fusedWith(node)}`}`;
    throw new CardinalError(`the wasm backend cannot compute ${what} (${node.scope || 'top level'})`);
  }
  return lowering.calls(placeStep(node, step, workspace, keep)).filter(({ chunks }) => chunks > 0);
}

/** What makes a node one that there are no kernels for. */
function fusedWith({ attrs }: Pick<Node, 'attrs'>): string {
  const activation = 'activation' in attrs ? attrs.activation : 'none';
  return activation === 'none' ? 'a residual' : activation;
}
