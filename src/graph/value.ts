/** Sizes of a tensor, outermost first, in PyTorch's order: N×C×H×W for pictures, K×(C/G)×R×S for convolution weights. */
export type Shape = readonly number[];

/**
 * What a value is to a program:
 * - `input` is written by the host before a run (pictures, targets, learning rate, the seed of dropout);
 * - `parameter` is trained unless it is frozen; `buffer` is state that is not (running statistics, momentum);
 * - `computed` is the output of a node.
 */
export type Role = 'input' | 'parameter' | 'buffer' | 'computed';

/**
 * A tensor in a graph: a shape and where it comes from, no numbers. All elements are 32-bit floats.
 * Rank-4 tensors are N×C×H×W (or K×C×R×S) to everyone who asks for a shape, and stored channels-last by every backend.
 */
export interface Value {
  readonly id: number;
  /** PyTorch's name for parameters and buffers (`layer1.0.conv2.weight`), a short readable one for the rest. */
  readonly name: string;
  readonly shape: Shape;
  readonly role: Role;
  /** True for a parameter that training leaves as it is: no gradient of it is computed. */
  readonly frozen?: boolean;
}

/** "2×64×56×56", the way every message prints a shape. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? 'scalar' : shape.join('×');
}
