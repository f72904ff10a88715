import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import type { Backend } from '../../../src/backends/backend.ts';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import type { NodeOf } from '../../../src/graph/node.ts';
import type { Conv2dAttrs, OpName, Pair } from '../../../src/graph/op-table.ts';
import { isMatmul } from '../../../src/graph/ops/conv2d.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import type { Shape } from '../../../src/graph/value.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { usableKernels } from '../../../src/node/kernels.ts';
import { oneOpPlan } from '../../support/steps-plan.ts';
import { seed } from '../../support/seed.ts';

interface Convolution {
  readonly attrs: Conv2dAttrs;
  readonly batch: number;
  readonly channels: number;
  readonly out: number;
  readonly size: Pair;
  readonly kernel: Pair;
}

/** Shapes that meet the blocks and edges of the kernels; the rest is drawn. */
const chosen: Record<string, Convolution> = {
  '1×1 of several blocks': conv(1, 600, 300, [7, 7], [1, 1]),
  '1×1, stride 2': conv(2, 64, 40, [9, 8], [1, 1], { stride: [2, 2] }),
  '1×1, padded': conv(2, 8, 16, [5, 4], [1, 1], { padding: [1, 2] }),
  'stem, 3 channels': conv(2, 3, 24, [31, 29], [7, 7], { stride: [2, 2], padding: [3, 3] }),
  '3×3 of several blocks': conv(1, 96, 40, [9, 11], [3, 3], { padding: [1, 1] }),
  '1×7': conv(1, 20, 12, [6, 13], [1, 7], { padding: [0, 3] }),
  'padding larger than the kernel': conv(1, 5, 6, [4, 3], [2, 2], { padding: [3, 4] }),
  'dilation and stride': conv(1, 6, 10, [15, 17], [3, 2], {
    stride: [2, 3],
    dilation: [3, 2],
    padding: [2, 1],
  }),
  'stride larger than the kernel': conv(1, 7, 9, [11, 10], [2, 1], { stride: [3, 4] }),
  depthwise: conv(2, 24, 24, [8, 9], [3, 3], { groups: 24, padding: [1, 1] }),
  'depthwise tiles, four channels left over': conv(2, 20, 20, [9, 16], [3, 3], {
    groups: 20,
    padding: [1, 1],
  }),
  'depthwise tiles, stride 2': conv(1, 12, 12, [13, 28], [3, 3], {
    groups: 12,
    padding: [1, 1],
    stride: [2, 2],
  }),
  'depthwise, 40 channels, dilated': conv(2, 40, 40, [9, 8], [3, 3], { groups: 40, dilation: [2, 2] }),
  'groups of 8, stride 2': conv(2, 40, 40, [15, 18], [3, 3], { groups: 5, padding: [1, 1], stride: [2, 2] }),
  'groups of 16 → 24, stride 2': conv(3, 32, 48, [12, 9], [3, 3], {
    groups: 2,
    padding: [1, 1],
    stride: [2, 2],
  }),
  'groups of 24 → 16, stride 2 by 1': conv(1, 48, 32, [12, 21], [3, 3], {
    groups: 2,
    padding: [1, 1],
    stride: [2, 1],
  }),
  'groups of 4 → 16, stride 2': conv(2, 12, 48, [14, 15], [3, 3], {
    groups: 3,
    padding: [1, 1],
    stride: [2, 2],
  }),
  'groups of 3 → 5': conv(2, 12, 20, [7, 6], [3, 3], { groups: 4, padding: [1, 1] }),
  'groups of 64': conv(1, 128, 128, [7, 7], [3, 3], { groups: 2, padding: [1, 1], stride: [2, 2] }),
  'many rows in parts': conv(3, 16, 24, [40, 41], [3, 3], { padding: [1, 1] }),
};

interface Opened {
  readonly label: string;
  /** How often a multiply–add is rounded: results of as many are the same, bit for bit. */
  readonly roundings: 1 | 2;
  readonly backend: Backend;
}

const backends: Opened[] = [];
const reference = createReferenceBackend();

beforeAll(async () => {
  for (const kernels of usableKernels()) {
    for (const threads of [1, 2, 3]) {
      const backend = await createNodeBackend({ threads, kernels, blas: false });
      const roundings = kernels === 'simd' ? 2 : 1;
      backends.push({ label: `${kernels}, ${threads} threads`, roundings, backend });
    }
  }
});

afterAll(async () => {
  await Promise.all(backends.map(({ backend }) => backend.dispose()));
});

describe('convolutions equal plain loops on every build and are the same on 1, 2 and 3 threads', () => {
  for (const [name, convolution] of Object.entries(chosen)) {
    test(name, () => checkAll(convolution, Rng.of(seed, name)));
  }
  test.each(Array.from({ length: 25 }, (_, i) => i))('drawn %i', (i) => {
    const rng = Rng.of(seed, 'drawn', i);
    return checkAll(draw(rng), rng);
  });
});

describe('linear layers', () => {
  test.each([
    [1, 1, 1],
    [3, 5, 7],
    [2, 2048, 1000],
    [70, 33, 10],
    [300, 130, 19],
  ])('%i × %i → %i', async (batch, features, out) => {
    const rng = Rng.of(seed, 'linear', batch);
    const x = [batch, features];
    const w = [out, features];
    const y = [batch, out];
    await check('linear', { bias: true }, [x, w, [out]], y, features, rng);
    await check('linear', { bias: false }, [x, w], y, features, rng);
    await check('linear_backward_input', {}, [y, w], x, out, rng);
    await check('linear_backward_weight', {}, [y, x], w, batch, rng);
  });
});

function conv(
  batch: number,
  channels: number,
  out: number,
  size: Pair,
  kernel: Pair,
  attrs: Partial<Conv2dAttrs> = {},
): Convolution {
  const plain: Conv2dAttrs = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };
  return { attrs: { ...plain, ...attrs }, batch, channels, out, size, kernel };
}

function draw(rng: Rng): Convolution {
  const groups = [1, 1, 1, 2, 3, 4][rng.int(6)];
  const pair = (low: number, high: number): Pair => [
    low + rng.int(high - low + 1),
    low + rng.int(high - low + 1),
  ];
  for (;;) {
    const drawn = conv(
      1 + rng.int(3),
      groups * (1 + rng.int(20)),
      groups * (1 + rng.int(20)),
      pair(1, 14),
      pair(1, 5),
      { stride: pair(1, 3), padding: pair(0, 4), dilation: pair(1, 3), groups },
    );
    if (outSize(drawn).every((n) => n > 0)) return drawn;
  }
}

function outSize({ size, kernel, attrs }: Convolution): Pair {
  const along = (axis: 0 | 1) =>
    Math.floor(
      (size[axis] + 2 * attrs.padding[axis] - attrs.dilation[axis] * (kernel[axis] - 1) - 1) /
        attrs.stride[axis],
    ) + 1;
  return [along(0), along(1)];
}

async function checkAll(convolution: Convolution, rng: Rng): Promise<void> {
  const { attrs, batch, channels, out, size, kernel } = convolution;
  const x = [batch, channels, ...size];
  const w = [out, channels / attrs.groups, ...kernel];
  const y = [batch, out, ...outSize(convolution)];
  const terms = sizeOf(w.slice(1));
  const plain = { bias: false, residual: false, activation: 'none' } as const;
  await check('conv2d', { ...attrs, ...plain }, [x, w], y, terms, rng);
  await check('conv2d', { ...attrs, ...plain, residual: true }, [x, w, y], y, terms, rng);
  await check(
    'conv2d',
    { ...attrs, bias: true, residual: true, activation: 'relu' },
    [x, w, [out], y],
    y,
    terms,
    rng,
  );
  // A bias and a residual beyond what ReLU6 cuts off.
  for (const residual of [false, true])
    await check(
      'conv2d',
      { ...attrs, bias: true, residual, activation: 'relu6' },
      residual ? [x, w, [out], y] : [x, w, [out]],
      y,
      terms,
      rng,
      [1, 1, 12, 12],
    );
  const backTerms = terms * (out / channels);
  const back = { ...attrs, inputSize: size, residual: false };
  await check('conv2d_backward_input', back, [y, w], x, backTerms, rng);
  if (isMatmul(attrs, w))
    await check('conv2d_backward_input', { ...back, residual: true }, [y, w, x], x, backTerms, rng);
  const places = batch * y[2] * y[3];
  await check('conv2d_backward_weight', { ...attrs, kernelSize: kernel }, [y, x], w, places, rng);
}

/**
 * Runs an op on every backend with one input, each of a size of its own. `terms` is how many products one sum has: errors grow with
 * its root.
 */
async function check<K extends OpName>(
  op: K,
  attrs: NodeOf<K>['attrs'],
  inputs: readonly Shape[],
  output: Shape,
  terms: number,
  rng: Rng,
  sizes = inputs.map(() => 1),
): Promise<void> {
  const data = inputs.map((shape, i) =>
    Float32Array.from({ length: sizeOf(shape) }, () => rng.uniform(-sizes[i], sizes[i])),
  );
  const expected = await run(reference, op, attrs, inputs, data, output);
  const results = new Map<number, Float32Array>();
  const tolerance = 2e-6 * (1 + Math.sqrt(terms));
  for (const { label, roundings, backend } of backends) {
    const got = await run(backend, op, attrs, inputs, data, output);
    const same = results.get(roundings);
    if (same === undefined) {
      results.set(roundings, got);
      const worst = got.reduce((most, value, i) => {
        const error = Math.abs(value - expected[i]);
        return error <= most ? most : error;
      }, 0);
      expect(worst, `${op} ${JSON.stringify({ attrs, inputs })} on ${label}`).toBeLessThan(tolerance);
    } else {
      expect(
        Buffer.compare(bytes(got), bytes(same)),
        `${op} ${JSON.stringify({ attrs, inputs })} on ${label}`,
      ).toBe(0);
    }
  }
}

function bytes(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function run<K extends OpName>(
  backend: Backend,
  op: K,
  attrs: NodeOf<K>['attrs'],
  inputs: readonly Shape[],
  data: readonly Float32Array[],
  output: Shape,
): Promise<Float32Array> {
  const program = await backend.load(oneOpPlan(backend, op, attrs, inputs, [output]));
  data.forEach((values, i) => {
    program.write(`in${i}`, values);
  });
  // What an earlier program left in the result must not shine through.
  program.write('out0', new Float32Array(sizeOf(output)).fill(NaN));
  await program.run('forward');
  const result = await program.read('out0');
  await program.dispose();
  return result;
}
