import { sizeOf } from '../../../base/shape.ts';
import * as kernels from '../args/matmul.ts';
import { call, type Lowering } from '../call.ts';
import { rearranged } from './rearrange.ts';

/** Multiply–accumulates of a chunk: some 20 µs of a core. */
const chunkMacs = 256 * 1024;

export const bmm: Lowering<'bmm'> = {
  // A b that comes transposed is turned before, so that its rows are read as vectors.
  workspaceBytes: ({ attrs, inputs: [, b] }) => (attrs.transposed[1] ? 4 * sizeOf(b.shape) : 0),
  calls({ attrs: { transposed }, inputs: [a, b], outputs: [y], workspace }) {
    const [batch, rows, columns] = y.shape;
    const [ta, tb] = transposed;
    const inner = a.shape[ta ? 1 : 2];
    const turned = rearranged(b.address, workspace, [batch, inner, columns], [inner * columns, 1, inner]);
    const wanted = 4 * Math.ceil(chunkMacs / (4 * columns * inner));
    const rowsPerChunk = Math.min(rows, wanted);
    const chunksPerMatrix = Math.ceil(rows / rowsPerChunk);
    const product = call(kernels.bmm, batch * chunksPerMatrix, {
      ...{ a: a.address, b: tb ? workspace : b.address, y: y.address },
      ...{ rows, columns, inner, rowsPerChunk, chunksPerMatrix },
      ...(ta ? { rowStep: 1, innerStep: rows } : { rowStep: inner, innerStep: 1 }),
    });
    return tb ? [turned, product] : [product];
  },
};
