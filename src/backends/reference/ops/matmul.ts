import type { MatmulOps } from '../../../graph/ops/matmul.ts';
import type { Kernels } from '../kernel.ts';

export const matmulKernels: Kernels<MatmulOps> = {
  bmm: ({ transposed: [ta, tb] }, [a, b], [y]) => {
    const [, rows, columns] = y.shape;
    const inner = a.shape[ta ? 1 : 2];
    for (let i = 0; i < y.data.length; i++) {
      const n = i % columns;
      const m = Math.floor(i / columns) % rows;
      const one = Math.floor(i / (rows * columns));
      let sum = 0;
      for (let l = 0; l < inner; l++) {
        const left = one * rows * inner + (ta ? l * rows + m : m * inner + l);
        const right = one * inner * columns + (tb ? n * inner + l : l * columns + n);
        sum += a.data[left] * b.data[right];
      }
      y.data[i] = sum;
    }
  },
};
