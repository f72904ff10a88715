import { int, kernelArgs, pointer } from './definition.ts';

/** See `kernels/bmm.ts`. */
export const bmm = kernelArgs('bmm', {
  a: pointer('[batch][M][L] or [batch][L][M]'),
  b: pointer('[batch][L][N]'),
  y: pointer('[batch][M][N]'),
  rows: int('M'),
  columns: int('N'),
  inner: int('L'),
  rowStep: int('from one row of a to the next', 'floats'),
  innerStep: int('from one of L to the next in a', 'floats'),
  rowsPerChunk: int('rows of y a chunk'),
  chunksPerMatrix: int('chunks a matrix'),
});
