import type { Conv2dAttrs } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import type { Lowering } from '../call.ts';
import {
  conv2dDepthwiseLarge,
  conv2dDepthwiseLargeBackwardInput,
  conv2dDepthwiseLargeBackwardWeight,
  depthwiseLargeApplies,
  depthwiseLargeGradientApplies,
} from './conv2d-depthwise-large.ts';
import { conv2dStem, stemApplies } from './conv2d-stem.ts';

/** Lowerings of convolutions that only networks after ResNeXt have, each with what tells by the shapes of x and the weights whether it applies. */
export interface LineageConvolutions {
  readonly forward: readonly Candidate<'conv2d'>[];
  readonly backwardInput: readonly Candidate<'conv2d_backward_input'>[];
  readonly backwardWeight: readonly Candidate<'conv2d_backward_weight'>[];
}

type Candidate<K extends 'conv2d' | 'conv2d_backward_input' | 'conv2d_backward_weight'> = readonly [
  applies: (attrs: Conv2dAttrs, x: Shape, w: Shape) => boolean,
  lowering: Lowering<K>,
];

/** Scripts of a page have `no-lineage-convolutions.ts` in place of this file. */
export const lineageConvolutions: LineageConvolutions = {
  forward: [
    [depthwiseLargeApplies, conv2dDepthwiseLarge],
    [stemApplies, conv2dStem],
  ],
  backwardInput: [[depthwiseLargeGradientApplies, conv2dDepthwiseLargeBackwardInput]],
  backwardWeight: [[depthwiseLargeGradientApplies, conv2dDepthwiseLargeBackwardWeight]],
};
