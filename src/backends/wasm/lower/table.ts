import type { BlasUse } from './blas-product.ts';
import { blasLowerings } from './blas.ts';
import { convolutionsBlas } from './conv2d.ts';
import { plain, type Lowerings } from './table-training.ts';

export { lowerJoined, plain, type Lowerings } from './table-training.ts';

/** Every op where there is a native library. */
export function withBlas(use: BlasUse): Lowerings {
  const blas = blasLowerings(use);
  return { ...plain, ...convolutionsBlas(blas), ...blas.linear };
}
