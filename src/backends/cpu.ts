import type { Activation } from '../graph/activation.ts';
import { fusedBeside } from '../graph/more-activations.ts';
import { macsOf } from '../graph/dispatch.ts';
import type { Node } from '../graph/node.ts';
import { isMatmul } from '../graph/ops/conv2d.ts';
import { sizeOf } from '../base/shape.ts';
import type { Target } from '../plan/target.ts';

/** Bytes. Two threads that write to different buffers must not share one. */
export const CACHE_LINE = 64;

/**
 * What planning for a CPU comes down to, whatever computes on it. The `reference` and the `wasm` backend share it, so that
 * both run the same plans and differ by their kernels alone.
 */
export const cpuTarget: Pick<Target, 'alignment' | 'maxBufferBytes' | 'supports' | 'workOf'> = {
  alignment: CACHE_LINE,
  // All buffers lie in one block of memory.
  maxBufferBytes: Infinity,
  supports,
  workOf,
};

/** As far as addresses of 32 bits reach, without scratch room: the least that anything on a CPU needs. */
export const plainTarget: Target = { ...cpuTarget, maxBytes: 2 ** 32, workspaceBytes: () => 0 };

/** The activations that kernels apply to their results while they store them. */
const fusedActivations: readonly Activation[] = ['none', 'relu', 'relu6', ...fusedBeside];

/**
 * An activation that the kernels know, and every fusion but one: the gradient of a convolution takes a residual only
 * where it is one matmul, as the first of a bottleneck block is. A matmul can start from what is there already; the
 * other kernels would read it in a second pass.
 */
function supports(node: Node): boolean {
  if ('activation' in node.attrs && !fusedActivations.includes(node.attrs.activation)) return false;
  if (node.op !== 'conv2d_backward_input' || !node.attrs.residual) return true;
  return isMatmul(node.attrs, node.inputs[1].shape);
}

/**
 * Multiply–accumulates. A pass over memory counts as 32 of them for each element: about that many are done in the time in
 * which one float is read and one written. Statistics beside the first output are too few to count.
 */
function workOf(node: Node): number {
  const [written = node.inputs[0]] = node.outputs;
  return macsOf(node) + 32 * sizeOf(written.shape);
}
