import { sizeOf } from '../../../base/shape.ts';
import type { OpTable } from '../../../graph/op-table.ts';
import type { Shape } from '../../../graph/value.ts';
import * as kernels from '../args/elementwise.ts';
import { call, type Lowering } from '../call.ts';
import { chunkFloats, rowsOf, rowsPerChunk } from './chunks.ts';

/** How the elements of a tensor are cut: into chunks of so many floats. */
export function elementsOf(shape: Shape) {
  const count = sizeOf(shape);
  return { chunks: Math.ceil(count / chunkFloats), elements: { count, perChunk: chunkFloats } };
}

export const relu: Lowering<'relu'> = {
  calls({ inputs: [x], outputs: [y] }) {
    const { chunks, elements } = elementsOf(x.shape);
    return [call(kernels.relu, chunks, { x: x.address, y: y.address, ...elements })];
  },
};

export const reluBackward: Lowering<'relu_backward'> = {
  calls({ inputs: [dy, y], outputs: [dx] }) {
    const { chunks, elements } = elementsOf(dy.shape);
    const args = { dy: dy.address, y: y.address, dx: dx.address, ...elements };
    return [call(kernels.reluBackward, chunks, args)];
  },
};

export const relu6: Lowering<'relu6'> = {
  calls({ inputs: [x], outputs: [y] }) {
    const { chunks, elements } = elementsOf(x.shape);
    return [call(kernels.relu6, chunks, { x: x.address, y: y.address, ...elements })];
  },
};

export const relu6Backward: Lowering<'relu6_backward'> = {
  calls({ inputs: [dy, y], outputs: [dx] }) {
    const { chunks, elements } = elementsOf(dy.shape);
    const args = { dy: dy.address, y: y.address, dx: dx.address, ...elements };
    return [call(kernels.relu6Backward, chunks, args)];
  },
};

export const hardsigmoid: Lowering<'hardsigmoid'> = {
  calls({ inputs: [x], outputs: [y] }) {
    const { chunks, elements } = elementsOf(x.shape);
    return [call(kernels.hardsigmoid, chunks, { x: x.address, y: y.address, ...elements })];
  },
};

export const hardsigmoidBackward: Lowering<'hardsigmoid_backward'> = {
  calls({ inputs: [dy, x], outputs: [dx] }) {
    const { chunks, elements } = elementsOf(dy.shape);
    const args = { dy: dy.address, x: x.address, dx: dx.address, ...elements };
    return [call(kernels.hardsigmoidBackward, chunks, args)];
  },
};

export const scale: Lowering<'scale'> = {
  calls({ attrs: { factor }, inputs: [x], outputs: [y] }) {
    const { chunks, elements } = elementsOf(x.shape);
    return [call(kernels.scale, chunks, { x: x.address, y: y.address, ...elements, factor })];
  },
};

export const add: Lowering<'add'> = {
  calls({ attrs: { activation }, inputs: [a, b], outputs: [y] }) {
    const { chunks, elements } = elementsOf(y.shape);
    const args = { a: a.address, b: b.address, y: y.address, ...elements, activation };
    return [call(kernels.add, chunks, args)];
  },
};

export const dropout: Lowering<'dropout'> = {
  calls({ attrs, inputs: [x, seed], outputs: [y] }) {
    const { rows: pixels, channels } = rowsOf(x.shape);
    const pixelsPerChunk = rowsPerChunk(channels);
    return [
      call(kernels.dropout, Math.ceil(pixels / pixelsPerChunk), {
        ...{ x: x.address, y: y.address, seed: seed.address, ...dropping(attrs) },
        ...{ pixels, pixelsPerChunk, channels, pixelsPerImage: pixels / x.shape[0] },
      }),
    ];
  },
};

/** What decides which hashes are kept. */
export function dropping({ p, stream, offset }: OpTable['dropout']) {
  // h ≥ p·2³² for an integer h is h ≥ ⌈p·2³²⌉; as a signed word of the same bits. No h is 2³².
  const least = Math.ceil(p * 2 ** 32);
  const keeps = least < 2 ** 32;
  return {
    ...{ stream: stream | 0, offset: offset | 0 },
    ...{ threshold: least | 0, scale: keeps ? 1 / (1 - p) : 0, keeps },
  };
}
