import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { Program } from '../../src/backends/backend.ts';
import { FeatureDropout } from '../../src/models/blocks/feature-dropout.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { formula, sample } from './formula.ts';
import { readJson, Tensors } from './tensors.ts';

/** What `relatives.py`, `kuangliu.py`, `residual.py`, `mobile.py` and `regnet_convnext.py` of `scripts/fixtures` wrote. */
interface Index {
  /** Of each gradient and statistic; smaller ones are whole. */
  readonly keptElements: number;
  readonly steps: number;
  readonly sgd: { readonly momentum: number; readonly weight_decay: number };
  readonly networks: readonly {
    /** Of its own; default: after the model. */
    readonly file?: string;
    readonly model: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly input: readonly [number, number, number, number];
    /** Of the pictures. */
    readonly seed: number;
    readonly lr: number;
    /** Names and shapes of the whole network's tensors. Others' are tested where they are read. */
    readonly listing?: { readonly tensors: number; readonly sha256: string };
  }[];
}

const folders = ['relatives', 'kuangliu', 'residual', 'mobile', 'regnet-convnext'].map((folder) => ({
  folder,
  index: readJson(`${folder}/index.json`) as Index,
}));
const [
  {
    index: { keptElements, steps, sgd },
  },
] = folders;
const networks = folders.flatMap(({ folder, index }) =>
  index.networks.map((network) => ({
    ...network,
    file: `${folder}/${network.file ?? `${network.model}.safetensors`}`,
  })),
);
const listed = networks.flatMap(({ model, listing }) => (listing === undefined ? [] : [{ model, listing }]));
const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

test.each(listed)("$model's tensors are called and shaped as in PyTorch", ({ model, listing }) => {
  const lines = [...createModel(model).stateSpecs()].map(([name, { shape }]) => `${name} ${shape.join('x')}`);
  expect(lines).toHaveLength(listing.tensors);
  expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(listing.sha256);
});

describe.each(networks)('$file, narrow', ({ file, model, options, input, seed, lr }) => {
  const fixture = new Tensors(file);
  // PyTorch's copies drop nothing: random numbers are not compared.
  const net = createModel(model, { ...options, numClasses: 10, dropout: 0 });
  for (const module of net.modules()) if (module instanceof FeatureDropout) module.p = 0;
  const state = [...net.namedParameters(), ...net.namedBuffers()].map(([name]) => name);
  const parameters = net.namedParameters().map(([name]) => name);
  const statistics = state.slice(parameters.length).filter((name) => !name.endsWith('num_batches_tracked'));

  describe.each(kinds)('on $name', ({ name: kind, backends }) => {
    // A number that rounding puts on the other side of 0 (or 6) changes the gradients below it: 1e-3 where it happens, a few
    // 1e-5 elsewhere. The reference rounds little enough for it not to happen.
    const tolerance = kind === 'reference' ? 1e-4 : 1e-2;
    const backend = backends[1] ?? backends[0];
    const load = async (plan: Plan): Promise<Program> => {
      const program = await backend.load(plan);
      const tensors = new Set(state);
      for (const { name, shape } of plan.buffers) {
        if (tensors.has(name)) program.write(name, formula(name, shape));
      }
      program.write('input', formula('input', input, seed));
      return program;
    };

    test.each([true, false])('logits of evaluation, batch norm folded: %s', async (foldBatchNorm) => {
      const traced = trace(net, input, { training: false });
      const program = await load(planInference(traced, backend, { name: model, foldBatchNorm }));
      await program.run('prologue');
      await program.run('forward');
      expect(relativeDistance(await program.read('logits'), fixture.get('eval'))).toBeLessThan(1e-5);
      await program.dispose();
    });

    test('logits, gradients and running statistics of a step, and the losses of several', async () => {
      const plan = planTraining(trace(net, input, { training: true }), backend, {
        name: model,
        optimizer: { kind: 'sgd', momentum: true, nesterov: true },
      });
      const program = await load(plan);
      program.write('target', firstClasses(input[0], 10));
      program.write('loss_gradient', Float32Array.of(1));
      program.write('hyper', Float32Array.of(lr, sgd.momentum, sgd.weight_decay));
      const losses: number[] = [];
      for (let step = 0; step < steps; step++) {
        await program.run('gradient');
        losses.push((await program.read('loss'))[0]);
        if (step === 0) {
          const logits = await program.read('logits');
          expect(relativeDistance(logits, fixture.get('train'))).toBeLessThan(1e-4);
          const grads = parameters.map((name) => `grad.${name}`);
          await expectParts(program, grads, fixture.get('grad'), tolerance);
          if (statistics.length > 0) await expectParts(program, statistics, fixture.get('after'), 1e-5);
        }
        await program.run('update');
      }
      expect(relativeDistance(Float32Array.from(losses), fixture.get('losses'))).toBeLessThan(1e-3);
      await program.dispose();
    });
  });
});

/** Compares what was kept of each tensor with its part of the row that all of them make. */
async function expectParts(
  program: Program,
  names: readonly string[],
  row: Float32Array,
  tolerance: number,
): Promise<void> {
  let begin = 0;
  for (const name of names) {
    const data = await program.read(name);
    const kept = sample(data, Math.min(data.length, keptElements));
    const expected = row.subarray(begin, begin + kept.length);
    expect(relativeDistance(kept, expected, isZero(expected) ? 0.1 : 1e-4), name).toBeLessThan(tolerance);
    begin += kept.length;
  }
  expect(begin).toBe(row.length);
}

/** Whether a gradient is 0 but for rounding, in double precision: that of a shift which a later batch norm takes away again. */
function isZero(expected: Float32Array): boolean {
  return expected.every((value) => Math.abs(value) < 1e-9);
}

/** Picture n is of class n. */
function firstClasses(batch: number, classes: number): Float32Array {
  const target = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) target[n * classes + n] = 1;
  return target;
}
