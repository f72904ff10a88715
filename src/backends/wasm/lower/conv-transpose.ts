import type { Node, NodeOf } from '../../../graph/node.ts';
import type { ConvTransposeOps } from '../../../graph/ops/conv-transpose.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Lowering } from '../call.ts';
import { conv2dBackwardInput } from './conv2d.ts';

/** A transposed convolution is a convolution's gradient by its input: the same kernels do it. */
export const convTranspose2d: Lowering<'conv_transpose2d'> = {
  workspaceBytes(node) {
    const { outputs } = node;
    const other: Pick<NodeOf<'conv2d_backward_input'>, keyof Node> = {
      ...node,
      op: 'conv2d_backward_input',
      attrs: backwardInput(node.attrs, outputs[0].shape),
    };
    return conv2dBackwardInput.workspaceBytes?.(other) ?? 0;
  },
  calls: (step) =>
    conv2dBackwardInput.calls({ ...step, attrs: backwardInput(step.attrs, step.outputs[0].shape) }),
};

function backwardInput(
  { stride, padding, dilation, groups }: ConvTransposeOps['conv_transpose2d'],
  [, , height, width]: Shape,
): NodeOf<'conv2d_backward_input'>['attrs'] {
  return { stride, padding, dilation, groups, inputSize: [height, width], residual: false };
}
