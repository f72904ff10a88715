import { conv2dBackwardInputGemm, conv2dGemm } from './conv2d-gemm.ts';
import { conv2dBackwardWeightGemm } from './weight-gradient.ts';

export const conv2d = conv2dGemm;
export const conv2dBackwardInput = conv2dBackwardInputGemm;
export const conv2dBackwardWeight = conv2dBackwardWeightGemm;
