import { afterAll, describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import type { Backend } from '../../../src/backends/backend.ts';
import type { Shape } from '../../../src/graph/value.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { usableKernels } from '../../../src/node/kernels.ts';
import { firstDifference } from '../../support/compare.ts';
import { stepsPlan, type NamedStep } from '../../support/steps-plan.ts';
import { seed } from '../../support/seed.ts';
import { randomArray } from './harness.ts';
import { sizeOf } from '../../../src/base/shape.ts';

/** Both gradients of a depthwise 3×3 layer, which one kernel computes where one step follows the other. */

interface Layer {
  readonly channels: number;
  readonly batch: number;
  readonly stride: 1 | 2;
  /** Height and width of x. */
  readonly size: readonly [number, number];
}

const backends = await Promise.all(
  usableKernels().flatMap((kernels) =>
    [1, 2].map(async (threads) => ({
      name: `${kernels}, ${threads} threads`,
      backend: await createNodeBackend({ name: 'wasm', threads, kernels, blas: false }),
    })),
  ),
);
afterAll(() => Promise.all(backends.map(({ backend }) => backend.dispose())));

const pack = 'pack_depthwise_weights';
const reduce = 'reduce_depthwise_gradient';
const joined = [[pack, 'depthwise_3x3_gradients'], [reduce]];
const apart = [
  [pack, 'depthwise_3x3'],
  ['depthwise_3x3_gradient', reduce],
];

function shapesOf({ channels, batch, stride, size: [height, width] }: Layer): Record<string, Shape> {
  const x = [batch, channels, height, width];
  const dy = [batch, channels, Math.ceil(height / stride), Math.ceil(width / stride)];
  const w = [channels, 1, 3, 3];
  return { dy, w, x, dx: x, dw: w };
}

function inputStep({ channels, stride, size }: Layer): NamedStep {
  const attrs = { stride: [stride, stride], padding: [1, 1], dilation: [1, 1], groups: channels } as const;
  return {
    op: 'conv2d_backward_input',
    attrs: { ...attrs, inputSize: size, residual: false },
    inputs: ['dy', 'w'],
    outputs: ['dx'],
  };
}

function weightStep({ channels, stride }: Layer): NamedStep {
  const attrs = { stride: [stride, stride], padding: [1, 1], dilation: [1, 1], groups: channels } as const;
  return {
    op: 'conv2d_backward_weight',
    attrs: { ...attrs, kernelSize: [3, 3] },
    inputs: ['dy', 'x'],
    outputs: ['dw'],
  };
}

type Numbers = Readonly<Record<string, Float32Array>>;

/** What all buffers hold after the steps, or those that are asked for. */
async function run(
  backend: Backend,
  layer: Layer,
  steps: readonly NamedStep[],
  numbers: Numbers,
  wanted: readonly string[] = ['dy', 'w', 'x', 'dx', 'dw'],
): Promise<Numbers> {
  const shapes = shapesOf(layer);
  const program = await backend.load(stepsPlan(backend, 'gradients', shapes, steps));
  for (const name of Object.keys(shapes)) program.write(name, numbers[name]);
  await program.run('forward');
  const results: [string, Float32Array][] = [];
  for (const name of wanted) results.push([name, await program.read(name)]);
  await program.dispose();
  return Object.fromEntries(results);
}

const drawn = new Map<string, Numbers>();

/** Random inputs, and outputs of NaN: drawn once for all backends. */
function numbersOf(layer: Layer): Numbers {
  const key = JSON.stringify(layer);
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const rng = Rng.of(seed, key);
  const numbers = Object.fromEntries(
    Object.entries(shapesOf(layer)).map(([name, shape]) => [
      name,
      name === 'dx' || name === 'dw'
        ? new Float32Array(sizeOf(shape)).fill(NaN)
        : randomArray(rng, sizeOf(shape)),
    ]),
  );
  drawn.set(key, numbers);
  return numbers;
}

function kernelsOf(
  backend: Backend,
  shapes: Readonly<Record<string, Shape>>,
  steps: readonly NamedStep[],
): (readonly string[])[] {
  return listed(backend, stepsPlan(backend, 'gradients', shapes, steps));
}

function listed(backend: Backend, plan: Plan): (readonly string[])[] {
  const kernels = backend.kernelsOf(plan);
  return plan.steps.forward.map(({ node }) => (kernels.get(node) ?? []).map(({ name }) => name));
}

const sizes = {
  // Whole tiles and not, one row, several slices, slices that begin in one picture and end in the next.
  1: [
    [1, 7],
    [9, 14],
    [30, 20],
  ],
  2: [
    [1, 13],
    [13, 14],
    [24, 27],
  ],
} as const;

describe.each(backends)('$name', ({ backend }) => {
  test.each([4, 20, 64, 1024])(
    `both gradients of %i channels are what each is by itself (CARDINAL_SEED=${seed})`,
    async (channels) => {
      for (const stride of [1, 2] as const)
        for (const batch of [1, 3])
          for (const size of sizes[stride]) {
            const layer = { channels, batch, stride, size };
            const label = JSON.stringify(layer);
            const [input, weight] = [inputStep(layer), weightStep(layer)];
            expect(kernelsOf(backend, shapesOf(layer), [input, weight]), label).toEqual(joined);
            const numbers = numbersOf(layer);
            const both = await run(backend, layer, [input, weight], numbers);
            const { dx } = await run(backend, layer, [input], numbers, ['dx']);
            const { dw } = await run(backend, layer, [weight], numbers, ['dw']);
            for (const [name, expected] of Object.entries({ ...numbers, dx, dw })) {
              expect(firstDifference(both[name], expected), `${name} of ${label}`).toBe(-1);
            }
          }
    },
  );
});

test('results do not depend on the build with relaxed SIMD, nor on threads', async () => {
  const layer: Layer = { channels: 40, batch: 3, stride: 2, size: [31, 28] };
  const numbers = numbersOf(layer);
  const results = await Promise.all(
    backends
      .filter(({ name }) => !name.startsWith('simd'))
      .map(({ backend }) => run(backend, layer, [inputStep(layer), weightStep(layer)], numbers)),
  );
  for (const result of results)
    for (const name of ['dx', 'dw']) expect(firstDifference(result[name], results[0][name]), name).toBe(-1);
});

describe('steps that stay apart', () => {
  const { backend } = backends[0];
  const layer: Layer = { channels: 20, batch: 3, stride: 2, size: [13, 14] };
  const shapes = shapesOf(layer);
  const [input, weight] = [inputStep(layer), weightStep(layer)];

  test.each<[string, NamedStep, NamedStep]>([
    ['the gradient of the weights takes their place', input, { ...weight, outputs: ['w'] }],
    ["the gradient of x takes x's place", { ...input, outputs: ['x'] }, weight],
  ])('%s', async (_, first, second) => {
    expect(kernelsOf(backend, shapes, [first, second])).toEqual(apart);
    // Each reads what the other has left.
    const numbers = numbersOf(layer);
    const between = await run(backend, layer, [first], numbers);
    const expected = await run(backend, layer, [second], between);
    const actual = await run(backend, layer, [first, second], numbers);
    for (const [name, data] of Object.entries(expected)) {
      expect(firstDifference(actual[name], data), name).toBe(-1);
    }
  });

  test('the gradient of the weights begins where the last numbers of x are', () => {
    const plan = stepsPlan(backend, 'gradients', shapes, [input, weight]);
    const [dx, dw] = plan.steps.forward;
    const [, x] = dw.inputs;
    const end = x.offset + x.bytes;
    const movedTo = (offset: number): Plan => ({
      ...plan,
      steps: { ...plan.steps, forward: [dx, { ...dw, outputs: [{ ...dw.outputs[0], offset }] }] },
    });
    expect(listed(backend, movedTo(end - 4))).toEqual(apart);
    // There begins dx.
    expect(listed(backend, movedTo(end))).toEqual(apart);
  });

  test('gradients of other layers, or in the other order', () => {
    const others = { ...shapes, other: shapes['dy'], taller: [3, 20, 14, 14] };
    expect(kernelsOf(backend, others, [input, { ...weight, inputs: ['other', 'x'] }])).toEqual(apart);
    expect(kernelsOf(backend, others, [input, { ...weight, inputs: ['dy', 'taller'] }])).toEqual(apart);
    expect(kernelsOf(backend, shapes, [weight, input])).toEqual([...apart].reverse());
    expect(kernelsOf(backend, shapes, [weight])).toEqual([apart[1]]);
    // A step may stand between two pairs.
    expect(kernelsOf(backend, shapes, [input, weight, input, input, weight])).toEqual([
      ...joined,
      apart[0],
      ...joined,
    ]);
  });
});
