import { double, type Lowering } from '../call.ts';

/** Exponentials of one chunk, some 5 ns each. */
const chunkExponentials = 8 * 1024;

export const softmaxCrossEntropy: Lowering<'softmax_cross_entropy'> = {
  workspaceBytes: ({ inputs }) => inputs[0].shape[0] * 8,
  calls({ attrs, inputs: [logits, target], outputs: [loss], workspace }) {
    const [rows, classes] = logits.shape;
    const perChunk = rowsPerChunk(classes);
    return [
      {
        kernel: 'cross_entropy_rows',
        chunks: Math.ceil(rows / perChunk),
        args: [
          ...[logits.address, target.address, workspace, rows, classes, perChunk],
          ...double(attrs.labelSmoothing),
        ],
      },
      { kernel: 'cross_entropy_mean', chunks: 1, args: [workspace, loss.address, rows] },
    ];
  },
};

export const softmaxCrossEntropyBackward: Lowering<'softmax_cross_entropy_backward'> = {
  calls({ attrs, inputs: [logits, target, dloss], outputs: [dlogits] }) {
    const [rows, classes] = logits.shape;
    const perChunk = rowsPerChunk(classes);
    return [
      {
        kernel: 'cross_entropy_backward',
        chunks: Math.ceil(rows / perChunk),
        args: [
          ...[logits.address, target.address, dloss.address, dlogits.address, rows, classes, perChunk],
          ...double(attrs.labelSmoothing),
        ],
      },
    ];
  },
};

function rowsPerChunk(classes: number): number {
  return Math.max(1, Math.floor(chunkExponentials / classes));
}
