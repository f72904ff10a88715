import { afterAll, describe, expect, test } from 'vitest';
import type { Backend, Program } from '../../src/backends/backend.ts';
import { createModel } from '../../src/models/index.ts';
import { trace, type Module } from '../../src/nn/index.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { formula, sample } from './formula.ts';
import { readJson, Tensors } from './tensors.ts';

/** A network of the registry and the same one by torchvision, from `scripts/fixtures/registry.py`. */
interface Entry {
  readonly file: string;
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly input: readonly number[];
  /** Of the pictures. */
  readonly seed: number;
  /** So large that one backend must do. */
  readonly large: boolean;
  /** So deep that f32 itself is off by percents in the gradients, where ReLU decides about numbers near 0. */
  readonly deep: boolean;
}

const entries = readJson('registry/index.json') as Entry[];
const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

describe.each(entries)('$file', ({ file, model, options, input, seed, large, deep }) => {
  const fixture = new Tensors(`registry/${file}`);
  const net = createModel(model, { numClasses: 10, ...options });

  test('has the same parameter names', () => {
    const theirs = fixture.under('grad.').map(([name]) => name);
    expect(net.namedParameters().map(([name]) => name)).toEqual(theirs);
  });

  describe.each(large ? kinds.slice(-1) : kinds)('on $name', ({ backends }) => {
    const backend = backends[1] ?? backends[0];

    test('logits of evaluation', async () => {
      const traced = trace(net, input, { training: false });
      const program = await loaded(backend, net, planInference(traced, backend, { name: model }));
      await program.run('prologue');
      program.write('input', formula('input', input, seed));
      await program.run('forward');
      const logits = await program.read('logits');
      await program.dispose();
      expect(relativeDistance(logits, fixture.get('eval.logits'))).toBeLessThan(1e-5);
    });

    test('logits, loss, gradients and running statistics of one step', async () => {
      const plan = planTraining(trace(net, input, { training: true }), backend, {
        name: model,
        labelSmoothing: 0,
        optimizer: { kind: 'sgd', momentum: false, nesterov: false },
        decays: () => true,
        clip: false,
        accumulate: false,
        ema: false,
      });
      const program = await loaded(backend, net, plan);
      program.write('input', formula('input', input, seed));
      program.write('target', firstClasses(input[0], 10));
      program.write('loss_gradient', Float32Array.of(1));
      await program.run('gradient');

      const distance = async (buffer: string, expected: Float32Array, floor?: number) =>
        relativeDistance(sample(await program.read(buffer), expected.length), expected, floor);
      expect(await distance('logits', fixture.get('train.logits'))).toBeLessThan(1e-4);
      expect(await distance('loss', fixture.get('train.loss'))).toBeLessThan(1e-4);
      for (const [name, expected] of fixture.under('after.')) {
        expect(await distance(name, expected), name).toBeLessThan(deep ? 1e-4 : 1e-5);
      }
      for (const [name, expected] of fixture.under('grad.')) {
        // A bias before a batch norm has a gradient of exactly 0: what is left of it is rounding, far below the floor.
        const off = await distance(`grad.${name}`, expected, 1e-4);
        expect(off, `gradient of ${name}`).toBeLessThan(deep ? 0.1 : 1e-3);
      }
      await program.dispose();
    });
  });
});

/** A program with the formula's weights and running statistics. */
async function loaded(backend: Backend, net: Module, plan: Plan): Promise<Program> {
  const program = await backend.load(plan);
  const tensors = new Set([...net.namedParameters(), ...net.namedBuffers()].map(([name]) => name));
  for (const { name, shape } of plan.buffers) {
    if (tensors.has(name)) program.write(name, formula(name, shape));
  }
  return program;
}

/** Picture n is of class n. */
function firstClasses(batch: number, classes: number): Float32Array {
  const target = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) target[n * classes + n] = 1;
  return target;
}
