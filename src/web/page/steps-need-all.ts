/** Tells steps that the small scripts of a page do not do, or with other kernels than Node, so that the complete ones are needed. */
import { stemApplies } from '../../backends/wasm/lower/conv2d-stem.ts';
import { lineageConvolutions } from '../../backends/wasm/lower/lineage-convolutions.ts';
import { moreActivations } from '../../graph/more-activations.ts';
import type { Conv2dAttrs } from '../../graph/op-table.ts';
import { channelSumOps } from '../../graph/ops/channel-sum.ts';
import { dropoutOps } from '../../graph/ops/dropout.ts';
import { ops as inferenceOps } from '../../graph/ops/index-inference.ts';
import { softmaxCrossEntropyOps } from '../../graph/ops/softmax-cross-entropy.ts';
import { top1HitsOps } from '../../graph/ops/top1-hits.ts';
import { updateOps } from '../../graph/ops/update.ts';
import type { Shape } from '../../graph/value.ts';
import type { GraphData } from '../../nn/traced.ts';
import type { Plan } from '../../plan/plan.ts';

/** The ops of ResNets and ResNeXts, with what training adds to them. */
const smallOps = new Set(
  Object.keys({
    ...{ ...inferenceOps, ...channelSumOps, ...dropoutOps, ...softmaxCrossEntropyOps },
    ...{ ...top1HitsOps, ...updateOps },
  }).filter((op) => !Object.hasOwn(moreActivations, op.replace(/_backward$/, ''))),
);
/** What such ops may end in. */
const smallActivations: readonly unknown[] = ['none', 'relu', 'relu6'];

/** Whether a plan has a step that the small scripts do with other kernels, or not at all. */
export function planNeedsAll({ steps }: Plan): boolean {
  return Object.values(steps).some((list) =>
    list.some(({ node }) => {
      const weights = node.op === 'conv2d_backward_weight' ? node.outputs.at(0) : node.inputs.at(1);
      return nodeNeedsAll(node, weights?.shape);
    }),
  );
}

/** Whether what a network does to an input has such a step, or its gradient would. */
export function graphsNeedAll(graphs: readonly GraphData[]): boolean {
  return graphs.some(({ done }) => {
    if ('error' in done) return false;
    const shapes = new Map(done.leaves.map(({ id, shape }) => [id, shape]));
    return done.nodes.some((node) => nodeNeedsAll(node, shapes.get(node.inputs[1])));
  });
}

function nodeNeedsAll(
  { op, attrs }: { readonly op: string; readonly attrs: object },
  weights: Shape | undefined,
): boolean {
  if (!smallOps.has(op)) return true;
  if ('activation' in attrs && !smallActivations.includes(attrs.activation)) return true;
  // All ops of that name have the attributes of a convolution.
  return op.startsWith('conv2d') && weights !== undefined && hasOtherKernels(attrs as Conv2dAttrs, weights);
}

/** Whether Node takes kernels for a convolution, or for its gradients, whose sums only the complete scripts have. */
function hasOtherKernels(attrs: Conv2dAttrs, weights: Shape): boolean {
  // Of pictures of some size: the few that are too wide for these kernels are the same by others.
  const x = [1, attrs.groups * weights[1], 32, 32];
  return Object.values(lineageConvolutions).some((candidates: readonly Candidate[]) =>
    // A stem's sums are those of the small scripts, too.
    candidates.some(([applies]) => applies !== stemApplies && applies(attrs, x, weights)),
  );
}

type Candidate = (typeof lineageConvolutions)[keyof typeof lineageConvolutions][number];
