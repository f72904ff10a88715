import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import type { Backend } from '../../src/backends/backend.ts';
import { gradientOf } from '../../src/graph/dispatch.ts';
import type { Shape, Value } from '../../src/graph/value.ts';
import {
  BlurPool2d,
  Conv2d,
  ConvTranspose2d,
  GlobalResponseNorm,
  GroupNorm,
  LayerNorm,
  LayerNorm2d,
  type Module,
  trace,
  Upsample,
} from '../../src/nn/index.ts';
import { plainPlan } from '../conformance/plain-plan.ts';
import { formula } from '../parity/formula.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';

const numbers = z.pipe(
  z.array(z.number()),
  z.transform((list) => Float32Array.from(list)),
);
/** Made by scripts/fixtures/lineage_layers.py. */
const fixtures = z
  .array(
    z.object({
      ...{ name: z.string(), input: z.array(z.number()), shape: z.array(z.number()) },
      ...{ output: numbers, dx: numbers, gradients: z.record(z.string(), numbers) },
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('../fixtures/lineage-layers.json', import.meta.url), 'utf8')));

const depthwise = (channels: number, size: number, stride: number) =>
  new Conv2d(channels, channels, size, { stride, padding: size >> 1, groups: channels });

/** What the script builds under these names. */
const layers: Readonly<Record<string, () => Module>> = {
  layer_norm: () => new LayerNorm(24),
  layer_norm_rows: () => new LayerNorm(10, { eps: 1e-3 }),
  layer_norm_2d: () => new LayerNorm2d(12, { eps: 1e-6 }),
  group_norm: () => new GroupNorm(3, 12),
  group_norm_of_all: () => new GroupNorm(1, 8),
  group_norm_rows: () => new GroupNorm(4, 12),
  global_response_norm: () => new GlobalResponseNorm(10),
  blur_pool: () => new BlurPool2d(6),
  blur_pool_5: () => new BlurPool2d(3, { filterSize: 5 }),
  blur_pool_in_place: () => new BlurPool2d(3, { stride: 1 }),
  depthwise_5: () => depthwise(5, 5, 1),
  depthwise_5_strided: () => depthwise(5, 5, 2),
  depthwise_7: () => depthwise(5, 7, 1),
  depthwise_7_strided: () => depthwise(5, 7, 2),
  nearest: () => new Upsample({ scaleFactor: 2 }),
  nearest_by_a_half_more: () => new Upsample({ scaleFactor: 1.5, mode: 'nearest' }),
  nearest_to_a_size: () => new Upsample({ size: [3, 9] }),
  bilinear: () => new Upsample({ scaleFactor: 2, mode: 'bilinear' }),
  bilinear_by_a_factor: () => new Upsample({ scaleFactor: [1.7, 0.6], mode: 'bilinear' }),
  bilinear_to_a_size: () => new Upsample({ size: [3, 9], mode: 'bilinear' }),
  bilinear_aligned: () => new Upsample({ size: [8, 3], mode: 'bilinear', alignCorners: true }),
  bilinear_aligned_to_one: () => new Upsample({ size: [1, 7], mode: 'bilinear', alignCorners: true }),
  conv_transpose: () => new ConvTranspose2d(4, 6, 3),
  conv_transpose_strided: () => new ConvTranspose2d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1 }),
  conv_transpose_in_groups: () =>
    new ConvTranspose2d(4, 6, [2, 4], { stride: [2, 3], padding: [0, 1], groups: 2 }),
  conv_transpose_dilated: () => new ConvTranspose2d(2, 3, 3, { dilation: 2, padding: 1, bias: false }),
};

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** What a layer gives for the script's input, and the gradients of what it has, all by their names there. */
async function through(backend: Backend, model: Module, input: Shape) {
  const { graph, input: x, output } = trace(model, input, { training: true });
  const dy = graph.input('dy', output.shape);
  const gradients = new Map<Value, Value>([[output, dy]]);
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
  const program = await backend.load(plainPlan(graph, 'layer', scratch));
  const inputs = [x, dy, ...model.namedParameters().map(([name, { shape }]) => ({ name, shape }))];
  for (const { name, shape } of inputs) program.write(name, formula(name, shape));
  await program.run('forward');
  const result = new Map([['output', await program.read(output.name)]]);
  for (const value of graph.values.filter(({ role, name }) => role !== 'computed' && name !== 'dy')) {
    const gradient = gradients.get(value);
    if (gradient !== undefined) result.set(value.name, await program.read(gradient.name));
  }
  await program.dispose();
  return { shape: output.shape, result };
}

describe.each(kinds)('layers of PyTorch and timm on $name', ({ backends: [backend] }) => {
  test.each(fixtures)('$name', async ({ name, input, shape, output, dx, gradients }) => {
    const found = await through(backend, layers[name](), input);
    expect(found.shape).toEqual(shape);
    const expected = { output, input: dx, ...gradients };
    expect([...found.result.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [key, numbersOfPyTorch] of Object.entries(expected)) {
      const distance = relativeDistance(found.result.get(key) ?? new Float32Array(0), numbersOfPyTorch);
      expect(distance, key).toBeLessThan(2e-6);
    }
  });
});
