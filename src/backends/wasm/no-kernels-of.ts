/** Stands for `kernels-of.ts` in the scripts of pages, which list no plans. */
export function kernelsOf(): never {
  throw new Error('never');
}
