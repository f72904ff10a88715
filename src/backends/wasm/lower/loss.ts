import * as kernels from '../args/loss.ts';
import { call, type Lowering } from '../call.ts';

/** Exponentials of one chunk, some 5 ns each. */
const chunkExponentials = 8 * 1024;

export const softmaxCrossEntropy: Lowering<'softmax_cross_entropy'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[0] * 8,
  calls({ attrs, inputs: [logits, target], outputs: [loss], workspace: losses }) {
    const [rows, classes] = logits.shape;
    const rowsPerChunk = rowsPerChunkOf(classes);
    return [
      call(kernels.crossEntropyRows, Math.ceil(rows / rowsPerChunk), {
        ...{ logits: logits.address, target: target.address, losses },
        ...{ rows, classes, rowsPerChunk, smoothing: attrs.labelSmoothing },
      }),
      call(kernels.crossEntropyMean, 1, { losses, loss: loss.address, rows }),
    ];
  },
};

export const softmaxCrossEntropyBackward: Lowering<'softmax_cross_entropy_backward'> = {
  calls({ attrs, inputs: [logits, target, dloss], outputs: [dlogits] }) {
    const [rows, classes] = logits.shape;
    const rowsPerChunk = rowsPerChunkOf(classes);
    return [
      call(kernels.crossEntropyBackward, Math.ceil(rows / rowsPerChunk), {
        ...{ logits: logits.address, target: target.address, dloss: dloss.address },
        ...{ dlogits: dlogits.address, rows, classes, rowsPerChunk, smoothing: attrs.labelSmoothing },
      }),
    ];
  },
};

export const top1Hits: Lowering<'top1_hits'> = {
  calls({ inputs: [logits, labels], outputs: [hits] }) {
    const [rows, classes] = logits.shape;
    return [
      call(kernels.top1Hits, 1, {
        ...{ logits: logits.address, labels: labels.address, hits: hits.address },
        ...{ rows, classes },
      }),
    ];
  },
};

/** Rows of a chunk. */
export function rowsPerChunkOf(classes: number): number {
  return Math.max(1, Math.floor(chunkExponentials / classes));
}
