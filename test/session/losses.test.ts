import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import { F, nn } from '../../src/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import type { OwnLoss } from '../../src/nn/own-loss.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { lossSchema } from '../../src/train/loss.ts';
import { relativeDistance } from '../support/compare.ts';

/** By PyTorch, torchvision and timm (scripts/fixtures/losses.py): the gradient is that of the logits, in double precision. */
const numbers = z.array(z.number());
const { logits, cases } = z
  .object({
    logits: numbers,
    cases: z.array(
      z.object({
        name: z.string(),
        loss: lossSchema,
        labelSmoothing: z.number(),
        target: numbers,
        value: z.number(),
        gradient: numbers,
      }),
    ),
  })
  .parse(JSON.parse(await readFile(new URL('../fixtures/losses.json', import.meta.url), 'utf8')));
const [rows, classes] = [6, 5];
const input = { shape: [rows, classes], data: Float32Array.from(logits) };
const backends = [
  createReferenceBackend(),
  await createNodeBackend({ name: 'wasm', threads: 2, blas: false }),
];

/** A layer that gives what it gets. */
function identity(): nn.Linear {
  const layer = new nn.Linear(classes, classes);
  const weight = new Float32Array(classes * classes).map((_, at) => Number(at % (classes + 1) === 0));
  layer.loadStateDict(
    new Map([
      ['weight', f32([classes, classes], weight)],
      ['bias', f32([classes], new Float32Array(classes))],
    ]),
  );
  return layer;
}

/** What a layer that gives what it gets learns, from the gradient of its outputs: Σ over rows of output's times input. */
function expectedWeights(gradient: readonly number[]): Float32Array {
  return new Float32Array(classes * classes).map((_, at) => {
    const [out, from] = [Math.floor(at / classes), at % classes];
    let sum = 0;
    for (let n = 0; n < rows; n++) sum += gradient[n * classes + out] * logits[n * classes + from];
    return sum;
  });
}

describe.each(backends.map((backend) => [backend.name, backend] as const))('%s', (_, backend) => {
  test.each(cases)('$name, as PyTorch has it', async ({ loss, labelSmoothing, target, value, gradient }) => {
    if (loss.kind === 'own') throw new Error('no fixture has one');
    const found = await computeGradients(identity(), {
      ...{ backend, input, loss, labelSmoothing, target: Float32Array.from(target) },
    });
    expect(Math.abs(found.loss - value) / value).toBeLessThan(1e-6);
    const weight = found.gradients.get('weight')?.data;
    expect(relativeDistance(weight as Float32Array, expectedWeights(gradient))).toBeLessThan(1e-5);
  });
});

describe('a loss of one’s own', () => {
  const [backend] = backends;
  const target = Float32Array.from(cases.find(({ name }) => name === 'mse')?.target ?? []);
  const lossOf = (loss: unknown) =>
    computeGradients(identity(), { backend, input, target, loss: loss as OwnLoss });

  test('is differentiated', async () => {
    const squares: OwnLoss = (output, wanted) => {
      const error = F.sub(output, wanted);
      return F.mean(F.mul(error, error), [0, 1]);
    };
    const own = await lossOf(squares);
    const known = await computeGradients(identity(), { backend, input, target, loss: { kind: 'mse' } });
    expect(own).toEqual(known);
  });

  test.each([
    ['nothing', () => undefined, /loss 'loss': expected one value, .* got undefined: is a return missing\?/],
    ['a number for each', (x: never) => F.sigmoid(x), /expected a single number, got 6×5: take the mean/],
    ['a layer', (x: never) => F.mean(new nn.ReLU()(x), [0, 1]), /a loss has no modules/],
    [
      'the target alone',
      (_: never, t: never) => F.mean(t, [0, 1]),
      /expected a loss that depends on the output/,
    ],
  ])('that gives %s is refused in one line', async (_, loss, message) => {
    await expect(lossOf(Object.defineProperty(loss, 'name', { value: 'loss' }))).rejects.toThrow(message);
  });
});
