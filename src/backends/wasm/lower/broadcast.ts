import * as kernels from '../args/broadcast.ts';
import { call, type Lowering, type PlacedBuffer } from '../call.ts';
import { axesOf, broadcastSteps, sizeOfAxes, stepWords } from './axes.ts';
import { chunkFloats, rowsPerChunk } from './chunks.ts';
import { reductionBytes, reductionCalls } from './reduce-tiles.ts';

/** How y is cut into rows: along its innermost axis a tensor lies as y does, or one float stands for all. */
function rows(a: PlacedBuffer, b: PlacedBuffer, y: PlacedBuffer) {
  const axes = axesOf(y.shape, broadcastSteps(a.shape, y.shape), broadcastSteps(b.shape, y.shape));
  const { size: width, steps } = axes.at(-1) ?? { size: 1, steps: [1, 1] };
  const over = axes.slice(0, -1);
  const count = sizeOfAxes(over);
  const perPiece = Math.min(width, chunkFloats);
  const pieces = Math.ceil(width / perPiece);
  const perChunk = Math.min(count, rowsPerChunk(perPiece));
  return {
    chunks: Math.ceil(count / perChunk) * pieces,
    args: {
      ...{ a: a.address, b: b.address, y: y.address },
      ...{ rows: count, rowsPerChunk: perChunk, width, perPiece, pieces },
      ...{ aSpread: steps[0] === 0, bSpread: steps[1] === 0 },
      ...stepWords(over),
    },
  };
}

export const mul: Lowering<'mul'> = {
  calls({ attrs: { activation, residual }, inputs: [a, b, other], outputs: [y] }) {
    const { chunks, args } = rows(a, b, y);
    const added = residual ? other.address : undefined;
    return [call(kernels.mul, chunks, { ...args, residual: added, activation })];
  },
};

export const div: Lowering<'div'> = {
  calls({ inputs: [a, b], outputs: [y] }) {
    const { chunks, args } = rows(a, b, y);
    return [call(kernels.div, chunks, args)];
  },
};

export const sub: Lowering<'sub'> = {
  calls({ inputs: [a, b], outputs: [y] }) {
    const { chunks, args } = rows(a, b, y);
    return [call(kernels.sub, chunks, args)];
  },
};

export const addBroadcast: Lowering<'add_broadcast'> = {
  calls({ inputs: [a, b], outputs: [y] }) {
    const { chunks, args } = rows(a, b, y);
    return [call(kernels.addBroadcast, chunks, args)];
  },
};

export const expand: Lowering<'expand'> = {
  calls({ attrs: { factor }, inputs: [x], outputs: [y] }) {
    const { chunks, args } = rows(x, x, y);
    // b is not read.
    return [call(kernels.expand, chunks, { ...args, bSpread: false, factor })];
  },
};

export const addScalar: Lowering<'add_scalar'> = {
  calls({ attrs: { value }, inputs: [x], outputs: [y] }) {
    const { chunks, args } = rows(x, x, y);
    return [call(kernels.addScalar, chunks, { ...args, bSpread: false, factor: value })];
  },
};

export const mulBackward: Lowering<'mul_backward'> = {
  workspaceBytes: ({ inputs: [dy, , b] }) => reductionBytes(dy.shape, b.shape),
  calls({ attrs: { activation, residual }, inputs: [dy, a, b, y], outputs: [da, db, dz], workspace }) {
    const activates = activation !== 'none';
    return reductionCalls(
      { from: dy.shape, to: b.shape, factor: 1, out: db.address, workspace },
      (pass, partials) =>
        call(kernels.mulBackward, pass.chunks, {
          ...{ x: a.address, partials, ...pass.tiles },
          ...{ dy: dy.address, b: b.address, da: da.address, activation },
          y: activates ? y.address : undefined,
          dz: activates && residual ? dz.address : undefined,
          ...stepWords(pass.over),
        }),
    );
  },
};
