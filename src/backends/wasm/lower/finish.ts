import type { FusedActivation } from '../args/activation.ts';
import type { PlacedBuffer } from '../call.ts';

/** What a kernel does to a result before it stores it: adds a bias and a residual, if there are any, and activates. */
export interface Finish {
  /** Addresses. */
  readonly bias: number | undefined;
  readonly residual: number | undefined;
  readonly activation: FusedActivation;
}

export const noFinish: Finish = { bias: undefined, residual: undefined, activation: 'none' };

/** What a convolution does to its result; `buffers` are the inputs that follow its weights. */
export function finishOf(
  attrs: { readonly bias: boolean; readonly residual: boolean; readonly activation: FusedActivation },
  buffers: readonly PlacedBuffer[],
): Finish {
  return {
    bias: attrs.bias ? buffers[0].address : undefined,
    residual: attrs.residual ? buffers[attrs.bias ? 1 : 0].address : undefined,
    activation: attrs.activation,
  };
}
