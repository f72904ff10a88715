import { activation } from './activation.ts';
import { extendArgs, flag, int, kernelArgs, optionalPointer, pointer } from './definition.ts';
import { filter, sizes } from './geometry.ts';

export const packPanels = kernelArgs('pack_panels', {
  weights: pointer('weights n×k'),
  panels: pointer('panels'),
  n: int('output channels, a multiple of 8'),
  k: int('length of the sum'),
});

/** c m×n = a m×k · b k×n, and what follows it, by the native library in one piece a block. */
export const blasProduct = kernelArgs('blas_product', {
  a: pointer('left side'),
  b: pointer('right side'),
  c: pointer('result; with several parts of the sum, one m×n for each'),
  m: int('rows of the result'),
  n: int('columns of the result'),
  k: int('length of the sum'),
  lda: int('from one stored row of a to the next', 'floats'),
  ldb: int('from one stored row of b to the next', 'floats'),
  ldc: int('from one row of c to the next', 'floats'),
  transposeA: flag('a is stored k×m'),
  transposeB: flag('b is stored n×k'),
  rowsPerChunk: int('rows of a block'),
  columnsPerChunk: int('columns of a block'),
  columnChunks: int('blocks side by side'),
  bias: optionalPointer('what is added to every row'),
  residual: optionalPointer('what is added to c, laid out as it'),
  activation: activation(),
  depthPerChunk: int('length of a part of the sum'),
  blockChunks: int('blocks of the result'),
  accumulate: flag('the result is added to what is in c'),
});

/** The same with b in panels of 64 columns, cut into blocks that the library does not pack. */
export const blasPanels = kernelArgs('blas_panels', {
  a: pointer('left side'),
  panels: pointer('right side, packed by `pack_panels`'),
  c: pointer('result'),
  m: int('rows of the result'),
  n: int('columns of the result'),
  k: int('length of the sum'),
  rowsPerChunk: int('rows a chunk'),
  rowChunks: int('chunks one below the other'),
  columnsPerChunk: int('columns a chunk, a multiple of 64'),
  columnChunks: int('chunks side by side'),
  rowsFirst: flag('chunks go down first, not along'),
  rowsPerCall: int("rows of one of the library's products"),
  depthPerCall: int("length of the sum of one of the library's products"),
  accumulate: flag('the result is added to what is in c'),
  bias: optionalPointer('what is added to every row'),
  residual: optionalPointer('what is added to c, laid out as it'),
  activation: activation(),
});

/** out = patches rows×depth · weightsᵀ, a block of rows after the other. */
export const blasPatches = kernelArgs('blas_patches', {
  weights: pointer('weights K×depth, or panels of them; dy for the gradient'),
  out: pointer('y rows×K; dw K×depth of each chunk for the gradient'),
  rows: int('N·P·Q, rows of patches'),
  k: int('K'),
  depth: int('R·S·C, length of a patch', 'floats'),
  rowsPerChunk: int('rows a chunk'),
  rowsPerBlock: int('rows that are gathered at a time'),
  bias: optionalPointer('bias of each output channel'),
  residual: optionalPointer('what is added to y, laid out as it'),
  activation: activation(),
  rowsPerCall: int("rows of one of the library's products if the weights are in panels, else 0"),
  x: pointer('x N×H×W×C'),
  ...sizes,
  ...filter,
});

/** The gradient of the weights: the same arguments, of which those that finish a result are not used. */
export const blasPatchesGradient = extendArgs(blasPatches, 'blas_patches_gradient', {});
