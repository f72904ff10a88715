import { sizeOf } from '../../../base/shape.ts';
import type { Shape } from '../../../graph/value.ts';
import * as kernels from '../args/more-optimisers.ts';
import { squaredNorm } from '../args/reduce.ts';
import { call, type Lowering } from '../call.ts';
import { chunkFloats } from './chunks.ts';
import { elementsOf } from './elementwise.ts';

export const rmsprop: Lowering<'rmsprop'> = {
  calls({ attrs: { momentum, tensorflow, decay, clip }, inputs }) {
    const [parameter, gradient, squareAverage, ...rest] = inputs;
    const [hyper, coefficient] = rest.slice(momentum ? 1 : 0);
    const { chunks, elements } = elementsOf(parameter.shape);
    return [
      call(kernels.rmsprop, chunks, {
        ...{ parameter: parameter.address, gradient: gradient.address },
        ...{ squareAverage: squareAverage.address, buffer: momentum ? rest[0].address : undefined },
        ...{ hyper: hyper.address, clip: clip ? coefficient.address : undefined, tensorflow, decay },
        ...elements,
      }),
    ];
  },
};

export const lion: Lowering<'lion'> = {
  calls({ attrs: { decay, clip }, inputs: [parameter, gradient, average, hyper, coefficient] }) {
    const { chunks, elements } = elementsOf(parameter.shape);
    return [
      call(kernels.lion, chunks, {
        ...{ parameter: parameter.address, gradient: gradient.address, average: average.address },
        ...{ hyper: hyper.address, clip: clip ? coefficient.address : undefined, decay },
        ...elements,
      }),
    ];
  },
};

export const lamb: Lowering<'lamb'> = {
  /** The direction, and a double of squares for each piece of it and of the parameter. */
  workspaceBytes: ({ inputs: [{ shape }] }) => directionBytes(shape) + 16 * piecesOf(shape),
  calls({ attrs: { decay, clip }, inputs, workspace: direction }) {
    const [parameter, gradient, m, v, hyper, coefficient] = inputs;
    const { chunks, elements } = elementsOf(parameter.shape);
    const squares = direction + directionBytes(parameter.shape);
    const pieces = piecesOf(parameter.shape);
    const towards = call(kernels.lambDirection, chunks, {
      ...{ parameter: parameter.address, gradient: gradient.address, direction },
      ...{ firstMoment: m.address, secondMoment: v.address, hyper: hyper.address },
      ...{ clip: clip ? coefficient.address : undefined, decay },
      ...elements,
    });
    const norms = call(squaredNorm, 2 * pieces, {
      ...{ partials: squares, perChunk: chunkFloats },
      tensors: [parameter.address, direction].flatMap((address) => [address, sizeOf(parameter.shape)]),
    });
    const apply = call(kernels.lambApply, chunks, {
      ...{ parameter: parameter.address, direction, hyper: hyper.address },
      ...{ squares: decay ? squares : undefined, pieces, ...elements },
    });
    return decay ? [towards, norms, apply] : [towards, apply];
  },
};

/** Rounded up, so that doubles may follow. */
function directionBytes(shape: Shape): number {
  return Math.ceil(sizeOf(shape) / 16) * 64;
}

function piecesOf(shape: Shape): number {
  return Math.ceil(sizeOf(shape) / chunkFloats);
}
