import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import type { Backend } from '../../src/backends/backend.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { conventionsOf } from '../../src/cost/conventions.ts';
import { gradientOf } from '../../src/graph/dispatch.ts';
import { Graph } from '../../src/graph/graph.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape, Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
  trace,
} from '../../src/nn/index.ts';
import { compile } from '../../src/session/compile.ts';
import { computeGradients } from '../../src/session/gradients.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { plainPlan } from '../conformance/plain-plan.ts';

const numbers = z.pipe(
  z.array(z.number()),
  z.transform((list) => Float32Array.from(list)),
);
const named = z.pipe(
  z.record(z.string(), numbers),
  z.transform((record) => new Map(Object.entries(record))),
);
const pair = z.tuple([z.number(), z.number()]);
const through = { input: numbers, output: numbers, shape: z.array(z.number()), gradient: numbers };
/** Made by scripts/fixtures/shapes.py. */
const fixture = z
  .object({
    pools: z.array(z.object({ ...through, kind: z.enum(['avg', 'max']), size: pair, outputSize: pair })),
    same: z.array(
      z.object({
        ...through,
        ...{ kernelSize: pair, dilation: pair, groups: z.number(), weight: numbers, bias: numbers },
      }),
    ),
    shrinking: z.object({
      ...{ input: numbers, weights: named, evaluated: numbers, logits: numbers },
      ...{ gradients: named, statistics: named },
    }),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/shapes.json', import.meta.url), 'utf8')));

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/**
 * What a module gives for `x`, and the gradient of Σ y·(0, 1, 2, …)/64 with respect to x: recorded op by op, each with its gradient
 * rule, and run as it stands.
 */
async function runBothDirections(
  backend: Backend,
  model: Module,
  shape: Shape,
  x: Float32Array,
  parameters: ReadonlyMap<string, Float32Array>,
) {
  const { graph, input, output } = trace(model, shape, { training: true });
  const gradients = new Map<Value, Value>([[output, graph.input('dy', output.shape)]]);
  for (const node of [...graph.nodes].reverse()) {
    const found =
      gradientOf(
        graph,
        node,
        node.outputs.map((value) => gradients.get(value)),
      ) ?? [];
    node.inputs.forEach((value, index) => {
      const gradient = found[index];
      if (gradient !== undefined) gradients.set(value, gradient);
    });
  }
  const scratch = Math.max(0, ...graph.nodes.map((node) => backend.workspaceBytes(node)));
  const program = await backend.load(plainPlan(graph, 'shapes', scratch));
  program.write('input', x);
  program.write(
    'dy',
    Float32Array.from({ length: sizeOf(output.shape) }, (_, i) => i / 64),
  );
  for (const [name, data] of parameters) program.write(name, data);
  await program.run('forward');
  const dx = gradients.get(input);
  const result = {
    output: await program.read(output.name),
    gradient: dx === undefined ? new Float32Array(0) : await program.read(dx.name),
    shape: output.shape,
  };
  await program.dispose();
  return result;
}

/** Pictures become one pixel long before its last strides. */
const shrinking = () =>
  new Sequential(
    ...[new Conv2d(2, 4, 3, { stride: 2, padding: 1, bias: false }), new BatchNorm2d(4), new ReLU()],
    ...[new Conv2d(4, 8, 3, { stride: 2, padding: 1, groups: 2, bias: false }), new BatchNorm2d(8)],
    ...[new ReLU(), new MaxPool2d(3, { stride: 2, padding: 1 })],
    ...[
      new Conv2d(8, 8, 3, { stride: 2, padding: 1, groups: 8, bias: false }),
      new BatchNorm2d(8),
      new ReLU(),
    ],
    ...[new Conv2d(8, 4, 1, { stride: 2, bias: false }), new BatchNorm2d(4), new ReLU()],
    ...[new Conv2d(4, 4, 3, { padding: 1, bias: false }), new BatchNorm2d(4)],
    ...[new AdaptiveAvgPool2d(1), new Flatten(), new Linear(4, 3)],
  );

function load(model: Module, weights: ReadonlyMap<string, Float32Array>): void {
  const state: StateDict = new Map(
    [...model.stateDict()].map(([name, tensor]) => {
      const data = weights.get(name);
      return [name, data === undefined || tensor.dtype !== 'F32' ? tensor : { ...tensor, data }];
    }),
  );
  model.loadStateDict(state);
}

describe.each(kinds)('on $name', ({ backends: [backend] }) => {
  test.each(fixture.pools)('adaptive $kind pooling of $size to $outputSize as in PyTorch', async (one) => {
    const { kind, size, outputSize, input, output, shape, gradient } = one;
    const pool = kind === 'avg' ? new AdaptiveAvgPool2d(outputSize) : new AdaptiveMaxPool2d(outputSize);
    const result = await runBothDirections(backend, pool, [2, 3, ...size], input, new Map());
    expect(result.shape).toEqual(shape);
    expect(relativeDistance(result.output, output)).toBeLessThan(1e-6);
    expect(relativeDistance(result.gradient, gradient)).toBeLessThan(1e-6);
  });

  test.each(fixture.same)(
    "padding 'same' of a kernel $kernelSize, dilated by $dilation, as in PyTorch",
    async ({ kernelSize, dilation, groups, input, weight, bias, output, shape, gradient }) => {
      const conv = new Conv2d(4, 8, kernelSize, { padding: 'same', dilation, groups });
      const parameters = new Map([
        ['weight', weight],
        ['bias', bias],
      ]);
      const result = await runBothDirections(backend, conv, [2, 4, 5, 6], input, parameters);
      expect(result.shape).toEqual(shape);
      expect(relativeDistance(result.output, output)).toBeLessThan(1e-6);
      expect(relativeDistance(result.gradient, gradient)).toBeLessThan(1e-6);
    },
  );

  test('a network whose pictures shrink to one pixel trains and evaluates as in PyTorch', async () => {
    const { input, weights, evaluated, logits, gradients, statistics } = fixture.shrinking;
    const model = shrinking();
    load(model, weights);
    const compiled = await compile(model, { backend, input: [3, 2, 4, 4] });
    expect(relativeDistance((await compiled.forward(input)).data, evaluated)).toBeLessThan(1e-5);
    await compiled.dispose();
    const result = await computeGradients(model, {
      backend,
      input: { shape: [3, 2, 4, 4], data: input },
      target: [2, 0, 1],
    });
    expect(relativeDistance(result.logits.data, logits)).toBeLessThan(1e-5);
    const check = (tensors: StateDict, expected: ReadonlyMap<string, Float32Array>, allowed: number) => {
      for (const [name, values] of expected) {
        const tensor = tensors.get(name);
        const data = tensor?.dtype === 'F32' ? tensor.data : new Float32Array(0);
        expect(relativeDistance(data, values), name).toBeLessThan(allowed);
      }
    };
    check(result.buffers, statistics, 1e-5);
    check(result.gradients, gradients, 1e-4);
  });
});

test('one picture of one pixel cannot be normalised by itself: PyTorch refuses, and so do we, in words', () => {
  expect(() => trace(shrinking(), [1, 2, 4, 4], { training: true })).toThrow(
    /: 4: batch_norm: expected more than one value per channel when training, got input 1×8×1×1; use a larger batch or picture/,
  );
  expect(trace(shrinking(), [1, 2, 4, 4], { training: false }).output.shape).toEqual([1, 3]);
  expect(trace(shrinking(), [2, 2, 4, 4], { training: true }).output.shape).toEqual([2, 3]);
});

test.each(['resnet18', 'resnext50_32x4d'])('%s takes pictures of any size, as in PyTorch', (name) => {
  for (const side of [1, 8, 16, 17]) {
    expect(trace(createModel(name), [1, 3, side, side], { training: false }).output.shape).toEqual([1, 1000]);
    expect(trace(createModel(name), [2, 3, side, side], { training: true }).output.shape).toEqual([2, 1000]);
  }
});

test("padding 'same' needs stride 1, 'valid' is none, and null keeps a size", () => {
  expect(() => new Conv2d(2, 2, 2, { padding: 'same', stride: 2 })).toThrow(/padding 'same' needs stride 1/);
  const shapeOf = (model: Module) => trace(model, [1, 2, 7, 5], { training: false }).output.shape;
  expect(shapeOf(new Conv2d(2, 2, 2, { padding: 'valid' }))).toEqual([1, 2, 6, 4]);
  expect(shapeOf(new AdaptiveAvgPool2d([null, 3]))).toEqual([1, 2, 7, 3]);
  expect(() => shapeOf(new AdaptiveAvgPool2d(0))).toThrow(/AdaptiveAvgPool2d: expected outputSize/);
});

test('what adaptive pooling and padding cost', () => {
  const graph = new Graph();
  const input = graph.input('input', [1, 4, 7, 5]);
  const padded = graph.apply1('pad2d', [input], { padding: [0, 1, 0, 1] });
  const output = graph.apply1('adaptive_avg_pool2d', [padded], { outputSize: [3, 4] });
  expect(output.shape).toEqual([1, 4, 3, 4]);
  const value = (id: string) => conventionsOf(graph).find((convention) => convention.id === id)?.value;
  expect(value('weights')).toBe(0);
  // THOP's kernel is ⌊8/3⌋×⌊6/4⌋: two additions and a division for each of 48 means.
  expect(value('thop')).toBe(3 * 48);
  // ptflops counts what goes in.
  expect(value('ptflops')).toBe(4 * 8 * 6);
});
