import { argmax } from '../../../base/argmax.ts';
import type { Top1HitsOps } from '../../../graph/ops/top1-hits.ts';
import type { Kernels } from '../kernel.ts';

export const top1HitsKernels: Kernels<Top1HitsOps> = {
  top1_hits: (_, [logits, labels], [hits]) => {
    const [batch, classes] = logits.shape;
    let count = 0;
    for (let n = 0; n < batch; n++) {
      const row = logits.data.subarray(n * classes, (n + 1) * classes);
      if (argmax(row) === labels.data[n]) count++;
    }
    hits.data[0] = count;
  },
};
