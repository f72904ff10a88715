import type { SoftmaxCrossEntropyOps } from '../../../graph/ops/softmax-cross-entropy.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const softmaxCrossEntropyKernels: Kernels<SoftmaxCrossEntropyOps> = {
  /** Mean over the batch of −Σₖ t·log softmax(logits). Label smoothing: Szegedy et al. 2015 (arXiv 1512.00567), section 7. */
  softmax_cross_entropy: (attrs, [logits, target], [loss]) => {
    const [batch, classes] = logits.shape;
    let sum = 0;
    for (let n = 0; n < batch; n++) {
      const logSoftmax = logSoftmaxOf(logits, n);
      const smoothed = smoothedTarget(target, n, attrs.labelSmoothing);
      for (let k = 0; k < classes; k++) sum -= smoothed[k] * logSoftmax[k];
    }
    loss.data[0] = sum / batch;
  },

  softmax_cross_entropy_backward: (attrs, [logits, target, dloss], [dlogits]) => {
    const [batch, classes] = logits.shape;
    for (let n = 0; n < batch; n++) {
      const logSoftmax = logSoftmaxOf(logits, n);
      const smoothed = smoothedTarget(target, n, attrs.labelSmoothing);
      const total = smoothed.reduce((a, b) => a + b, 0);
      for (let k = 0; k < classes; k++) {
        const gradient = Math.exp(logSoftmax[k]) * total - smoothed[k];
        dlogits.data[n * classes + k] = (dloss.data[0] / batch) * gradient;
      }
    }
  },
};

/** The largest logit is subtracted first, so that nothing overflows. */
function logSoftmaxOf(logits: Tensor, n: number): Float64Array {
  const row = rowOf(logits, n);
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const logSum = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return row.map((logit) => logit - top - logSum);
}

function smoothedTarget(target: Tensor, n: number, smoothing: number): Float64Array {
  const row = rowOf(target, n);
  return row.map((probability) => (1 - smoothing) * probability + smoothing / row.length);
}

function rowOf(tensor: Tensor, n: number): Float64Array {
  const length = tensor.shape[1];
  return Float64Array.from(tensor.data.subarray(n * length, (n + 1) * length));
}
