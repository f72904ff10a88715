import { crossEntropyMean } from '../args/loss.ts';
import * as kernels from '../args/losses.ts';
import { call, type Lowering, type LowerStep } from '../call.ts';
import { rowsPerChunkOf } from './loss.ts';

export const binaryCrossEntropy: Lowering<'binary_cross_entropy_with_logits'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[0] * 8,
  calls(step) {
    const { workspace: losses } = step;
    const { chunks, args } = binary(step);
    return [call(kernels.binaryEntropyRows, chunks, { ...args, losses, dloss: 0, dlogits: 0 }), meanOf(step)];
  },
};

export const binaryCrossEntropyBackward: Lowering<'binary_cross_entropy_with_logits_backward'> = {
  calls(step) {
    const { chunks, args } = binary(step);
    return [call(kernels.binaryEntropyBackward, chunks, { ...args, ...gradientOf(step), losses: 0 })];
  },
};

export const softmaxFocal: Lowering<'softmax_focal_loss'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[0] * 8,
  calls(step) {
    const { workspace: losses } = step;
    const { chunks, args } = focal(step);
    return [call(kernels.softmaxFocalRows, chunks, { ...args, losses }), meanOf(step)];
  },
};

export const softmaxFocalBackward: Lowering<'softmax_focal_loss_backward'> = {
  calls(step) {
    const { chunks, args } = focal(step);
    return [call(kernels.softmaxFocalBackward, chunks, { ...args, ...gradientOf(step), losses: 0 })];
  },
};

type Binary = 'binary_cross_entropy_with_logits' | 'binary_cross_entropy_with_logits_backward';
type Focal = 'softmax_focal_loss' | 'softmax_focal_loss_backward';

function binary(step: LowerStep<Binary>) {
  const { scale, offset, threshold, gamma, alpha, posWeight, sumClasses } = step.attrs;
  const { chunks, args } = rowsOf(step);
  return {
    chunks,
    args: {
      ...args,
      ...{ scale, offset, gamma, binary: threshold !== null, threshold: threshold ?? 0 },
      ...{ weighted: alpha !== null, alpha: alpha ?? 0, share: sumClasses ? 1 : 1 / args.classes },
      ...{ isPosWeighted: posWeight !== null, posWeights: posWeight ?? [] },
    },
  };
}

function focal(step: LowerStep<Focal>) {
  const { labelSmoothing, gamma } = step.attrs;
  const { chunks, args } = rowsOf(step);
  return { chunks, args: { ...args, smoothing: labelSmoothing, gamma } };
}

function rowsOf({ inputs: [logits, target] }: LowerStep<Binary | Focal>) {
  const [rows, classes] = logits.shape;
  const rowsPerChunk = rowsPerChunkOf(classes);
  return {
    chunks: Math.ceil(rows / rowsPerChunk),
    args: { logits: logits.address, target: target.address, rows, classes, rowsPerChunk },
  };
}

function gradientOf({ inputs: [, , dloss], outputs: [dlogits] }: LowerStep<Binary | Focal>) {
  return { dloss: dloss.address, dlogits: dlogits.address };
}

function meanOf({ inputs: [logits], outputs: [loss], workspace }: LowerStep<Binary | Focal>) {
  return call(crossEntropyMean, 1, { losses: workspace, loss: loss.address, rows: logits.shape[0] });
}
