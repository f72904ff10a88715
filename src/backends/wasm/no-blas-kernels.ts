/** Where there are no native libraries, in a page: it stands for `blas-kernels.ts`. */
import type { Kernel } from './walk.ts';

export function nativeKernels(): Readonly<Record<string, Kernel>> {
  return {};
}
