import type { Arg, Call, Lowering } from '../call.ts';
import { chunkFloats, rowsOf, rowsPerChunk, sizeOf } from './chunks.ts';

/** A call over `count` floats; a kernel's arguments are the addresses, the count, floats a chunk, and `more`. */
export function elementwise(
  kernel: string,
  addresses: readonly number[],
  count: number,
  more: readonly Arg[] = [],
): Call {
  const args = [...addresses, count, chunkFloats, ...more];
  return { kernel, chunks: Math.ceil(count / chunkFloats), args };
}

export const relu: Lowering<'relu'> = {
  calls: ({ inputs: [x], outputs: [y] }) => [elementwise('relu', [x.address, y.address], sizeOf(x.shape))],
};

export const reluBackward: Lowering<'relu_backward'> = {
  calls: ({ inputs: [dy, y], outputs: [dx] }) => [
    elementwise('relu_backward', [dy.address, y.address, dx.address], sizeOf(dy.shape)),
  ],
};

export const relu6: Lowering<'relu6'> = {
  calls: ({ inputs: [x], outputs: [y] }) => [elementwise('relu6', [x.address, y.address], sizeOf(x.shape))],
};

export const relu6Backward: Lowering<'relu6_backward'> = {
  calls: ({ inputs: [dy, y], outputs: [dx] }) => [
    elementwise('relu6_backward', [dy.address, y.address, dx.address], sizeOf(dy.shape)),
  ],
};

export const scale: Lowering<'scale'> = {
  calls: ({ attrs, inputs: [x], outputs: [y] }) => [
    elementwise('scale', [x.address, y.address], sizeOf(x.shape), [{ f32: attrs.factor }]),
  ],
};

export const add: Lowering<'add'> = {
  calls: ({ attrs, inputs: [a, b], outputs: [y] }) => [
    elementwise('add', [a.address, b.address, y.address], sizeOf(y.shape), [
      attrs.activation === 'relu' ? 1 : 0,
    ]),
  ],
};

export const dropout: Lowering<'dropout'> = {
  calls({ attrs, inputs: [x, seed], outputs: [y] }) {
    const { rows, channels } = rowsOf(x.shape);
    const perChunk = rowsPerChunk(channels);
    // h ≥ p·2³² for an integer h is h ≥ ⌈p·2³²⌉; as a signed word of the same bits. No h is 2³².
    const least = Math.ceil(attrs.p * 2 ** 32);
    const keepsNone = least >= 2 ** 32;
    const threshold = least | 0;
    const scale = keepsNone ? 0 : 1 / (1 - attrs.p);
    return [
      {
        kernel: 'dropout',
        chunks: Math.ceil(rows / perChunk),
        args: [
          ...[x.address, y.address, seed.address, attrs.stream | 0, threshold, { f32: scale }],
          ...[keepsNone ? 0 : 1, rows, perChunk, channels, rows / x.shape[0]],
        ],
      },
    ];
  },
};
