import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod/mini';
import type { Backend } from '../../src/backends/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import { recordUpdate } from '../../src/plan/record-update.ts';
import { emaDecay, hyperAt, optimizerPlan, optimizerSchema } from '../../src/train/optimizer.ts';
import type { OptimizerSpec } from '../../src/train/optimizer.ts';
import { beginsAt } from '../../src/train/other-optimizers.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { stepsPlan, type NamedStep } from '../support/steps-plan.ts';

const numbers = z.pipe(
  z.array(z.number()),
  z.transform((list) => Float32Array.from(list)),
);
const adamw = z.object({
  kind: z.literal('adamw'),
  lr: z.number(),
  betas: z.array(z.number()).check(z.length(2)),
});
const sgd = z.object({ kind: z.literal('sgd'), lr: z.number(), momentum: z.number(), nesterov: z.boolean() });
const recipe = z.pipe(
  z.discriminatedUnion('kind', [
    z.extend(adamw, { eps: z.number(), weight_decay: z.number() }),
    z.extend(sgd, { weight_decay: z.number() }),
    ...['lion', 'lamb', 'rmsprop'].map((kind) =>
      z.looseObject({ kind: z.literal(kind), lr: z.number(), weight_decay: z.number() }),
    ),
  ]),
  z.transform(({ lr, weight_decay, ...rest }) =>
    optimizerSchema.parse({ ...rest, learningRate: lr, weightDecay: weight_decay }),
  ),
);
/** Made by scripts/fixtures/optimisers.py: PyTorch in double precision, and how far it is off in single precision. */
const { start, gradients, results } = z
  .object({
    start: numbers,
    gradients: z.array(numbers),
    results: z.array(
      z.object({
        recipe,
        first: numbers,
        last: numbers,
        float32: z.number(),
        ema: z.array(z.object({ decay: z.number(), average: numbers, float32: z.number() })),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/optimisers.json', import.meta.url), 'utf8')));

const kinds = await openBackends();
afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** What the optimisers keep of the parameter. */
const kept = ['velocity', 'exp_avg', 'exp_avg_sq', 'square_avg', 'momentum_buffer'];

/** One parameter that an optimiser moves, and a moving average of it for each decay. */
function planOf(backend: Backend, spec: OptimizerSpec, averages: readonly string[]) {
  const graph = new Graph();
  const shape = [start.length];
  const parameter = graph.parameter('weight', shape);
  const gradients = new Map([[parameter, graph.input('gradient', shape)]]);
  recordUpdate(graph, gradients, [], {
    optimizer: optimizerPlan(spec),
    decays: () => spec.weightDecay > 0,
  });
  const [{ op, attrs, inputs }] = graph.nodes;
  const bare = (name: string) => name.replace(/\.weight$/, '');
  const step = { op, attrs, inputs: inputs.map(({ name }) => bare(name)), outputs: [] } as NamedStep;
  const hyper = inputs.find(({ name }) => name === 'hyper');
  const shapes = {
    ...Object.fromEntries(['weight', 'gradient', ...kept, ...averages].map((name) => [name, shape])),
    hyper: hyper?.shape ?? [],
    ...Object.fromEntries(averages.map((name) => [`${name}.decay`, [2]])),
  };
  return stepsPlan(backend, 'optimiser', shapes, [
    step,
    ...averages.map((name): NamedStep => ({
      op: 'ema',
      attrs: {},
      inputs: [name, 'weight', `${name}.decay`],
      outputs: [],
    })),
  ]);
}

describe.each(kinds)('on $name', ({ backends: [backend] }) => {
  test.each(results.map((result, index) => ({ ...result, index })))(
    'recipe $index, $recipe.kind, as in PyTorch in double precision',
    async ({ recipe, first, last, ema }) => {
      const program = await backend.load(
        planOf(
          backend,
          recipe,
          ema.map(({ decay }) => `average.${decay}`),
        ),
      );
      for (const name of kept) {
        program.write(name, new Float32Array(start.length).fill(beginsAt(recipe, `${name}.weight`)));
      }
      program.write('weight', start);
      for (const { decay } of ema) {
        program.write(`average.${decay}`, start);
        program.write(`average.${decay}.decay`, emaDecay(decay));
      }
      for (const [step, gradient] of gradients.entries()) {
        program.write('gradient', gradient);
        program.write('hyper', hyperAt(recipe, recipe.learningRate, step));
        await program.run('forward');
        if (step === 0) expect(relativeDistance(await program.read('weight'), first)).toBeLessThan(1e-7);
      }
      expect(relativeDistance(await program.read('weight'), last)).toBeLessThan(1e-6);
      for (const { decay, average } of ema) {
        const distance = relativeDistance(await program.read(`average.${decay}`), average);
        expect(distance, `decay ${decay}`).toBeLessThan(1e-6);
      }
      await program.dispose();
    },
  );

  test('the first step of AdamW is the learning rate', async () => {
    const spec = optimizerSchema.parse({ kind: 'adamw', learningRate: 0.5 });
    const program = await backend.load(planOf(backend, spec, []));
    const size = start.length;
    for (const name of ['exp_avg', 'exp_avg_sq', 'weight']) program.write(name, new Float32Array(size));
    program.write('gradient', new Float32Array(size).fill(1));
    program.write('hyper', hyperAt(spec, 0.5, 0));
    await program.run('forward');
    for (const weight of await program.read('weight')) expect(Math.abs(weight + 0.5)).toBeLessThan(1e-7);
    await program.dispose();
  });

  test('a moving average of what does not change is just that, after any number of steps', async () => {
    const spec = optimizerSchema.parse({ kind: 'sgd', learningRate: 0.1, momentum: 0 });
    const program = await backend.load(planOf(backend, spec, ['average']));
    program.write('hyper', hyperAt(spec, 0, 0));
    program.write('gradient', new Float32Array(start.length));
    program.write('weight', start);
    program.write('average', start);
    program.write('average.decay', emaDecay(0.9999));
    for (let step = 0; step < 2000; step++) await program.run('forward');
    expect(await program.read('average')).toEqual(start);
    await program.dispose();
  });
});
