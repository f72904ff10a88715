import { describe, expect, test } from 'vitest';
import { plainTarget } from '../../src/backends/cpu.ts';
import { CardinalError } from '../../src/base/errors.ts';
import type { Value } from '../../src/graph/value.ts';
import { BatchNorm2d, Conv2d, F, Flatten, Module, ReLU6, Sequential, trace } from '../../src/nn/index.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { compile } from '../../src/session/compile.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { relativeDistance } from '../support/compare.ts';
import { fill, noise } from '../support/onnx-networks.ts';
import { Rng } from '../../src/base/rng.ts';
import { seed } from '../support/seed.ts';

const picture = [2, 4, 5, 6];

/** x + 0.25·branch(x), then ReLU. */
class ScaledResidual extends Module {
  readonly branch: Module;

  constructor(branch: Module) {
    super();
    this.branch = branch;
  }

  forward(x: Value): Value {
    return F.flatten(F.relu(F.add(x, this.branch(x), { alpha: 0.25 })));
  }
}

const convolution = () => new Conv2d(4, 4, 3, { padding: 1 });
const branches: readonly (readonly [name: string, branch: () => Module])[] = [
  ['a convolution with a bias', convolution],
  ['a convolution and a norm', () => new Sequential(convolution(), new BatchNorm2d(4))],
];

const opsOf = (steps: readonly Step[]) => steps.map(({ node }) => node.op);
/** Scalings of anything as large as a picture's activations. */
const passes = (plan: Plan) =>
  [...plan.steps.forward, ...plan.steps.gradient].filter(
    ({ node }) => node.op === 'scale' && node.outputs[0].shape[0] === picture[0],
  );

describe.each(branches)('a scaled residual behind %s', (_, branch) => {
  const model = () => new ScaledResidual(branch());

  test('takes no pass over memory in inference', () => {
    for (const foldBatchNorm of [true, false]) {
      const traced = trace(model(), picture, { training: false });
      const plan = planInference(traced, plainTarget, { name: 'net', foldBatchNorm });
      expect(opsOf(plan.steps.forward)).not.toContain('scale');
      expect(opsOf(plan.steps.forward)).not.toContain('add');
      expect(opsOf(plan.steps.prologue).filter((op) => op === 'scale')).toHaveLength(2);
      // What only the prologue reads is no weight to keep.
      for (const { name, role } of plan.buffers) {
        const kept = plan.steps.forward.some(({ inputs }) => inputs.some((input) => input.name === name));
        if (role === 'folded') expect(kept, name).toBe(true);
      }
    }
  });

  test('takes no pass over memory in training', () => {
    const plan = planTraining(trace(model(), picture, { training: true }), plainTarget, {
      name: 'net',
      optimizer: { kind: 'adamw' },
    });
    expect(passes(plan)).toEqual([]);
    // γ and β, or weights and bias: forward, and their gradients backward.
    expect(opsOf(plan.steps.gradient).filter((op) => op === 'scale')).toHaveLength(4);
  });

  test('computes what it says', async () => {
    const backend = createReferenceBackend();
    const scaled = fill(model(), seed);
    const input = noise(240, Rng.of(seed, 'input'));
    const run = async (net: Module) => {
      const compiled = await compile(net, { input: picture, backend });
      const { data } = await compiled.forward(input);
      await compiled.dispose();
      return data;
    };
    const residual = await run(new Sequential(scaled.branch, new Flatten()));
    const expected = input.map((x, i) => Math.max(0, x + 0.25 * residual[i]));
    expect(relativeDistance(await run(scaled), expected)).toBeLessThan(1e-6);
  });
});

test('a factor where there are no weights is an op of its own', () => {
  const model = new Sequential(new ReLU6(), new ScaledResidual(new ReLU6()));
  const plan = planInference(trace(model, picture, { training: false }), plainTarget, { name: 'net' });
  expect(opsOf(plan.steps.forward)).toEqual(['relu6', 'relu6', 'scale', 'add', 'relu', 'flatten']);
});

test('a factor must be a number', () => {
  class Broken extends Module {
    forward(x: Value): Value {
      return F.mul(x, NaN);
    }
  }
  const attempt = () => trace(new Broken(), picture, { training: false });
  expect(attempt).toThrow(CardinalError);
  expect(attempt).toThrow(/mul: expected the factor to be a finite number, got NaN/);
});
