import { describe, expect, test } from 'vitest';
import { plainTarget } from '../../src/backends/cpu.ts';
import { CardinalError } from '../../src/base/errors.ts';
import { createModel } from '../../src/models/index.ts';
import {
  BatchNorm2d,
  Conv2d,
  Flatten,
  freeze,
  Linear,
  ReLU,
  Sequential,
  trace,
  type Module,
} from '../../src/nn/index.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { planTraining, type TrainingPlanOptions } from '../../src/plan/plan-training.ts';

const everything: TrainingPlanOptions = {
  name: 'net',
  optimizer: { kind: 'adamw' },
  clip: true,
  accumulate: true,
  ema: true,
};
const input = [4, 3, 32, 32];

function resnext(...patterns: string[]): Module {
  const model = createModel('resnext', { layers: [1, 1, 1, 1], cardinality: 4, baseWidth: 8 });
  if (patterns.length > 0) freeze(model, patterns);
  return model;
}

const planOf = (model: Module, options: Partial<TrainingPlanOptions> = {}) =>
  planTraining(trace(model, input, { training: true }), plainTarget, { ...everything, ...options });
const opsOf = (steps: readonly Step[]) => steps.map(({ node }) => node.op);
const namesUnder = (plan: Plan, prefix: string) =>
  plan.buffers.flatMap(({ name }) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
const isBackward = ({ node }: Step) => node.op.includes('backward') || node.op === 'channel_sum';

const prefix = ['conv1', 'bn1', 'layer1', 'layer2'];
const inPrefix = (path: string) => prefix.some((part) => path === part || path.startsWith(`${part}.`));

describe('a frozen prefix', () => {
  const plan = planOf(resnext(...prefix));
  const whole = planOf(resnext());
  const trainable = resnext()
    .namedParameters()
    .map(([name]) => name)
    .filter((name) => !inPrefix(name));

  test.each(['grad.', 'accumulator.', 'exp_avg.', 'exp_avg_sq.'])('has no %s* buffers', (kind) => {
    expect(namesUnder(plan, kind).sort()).toEqual(trainable.toSorted());
  });

  test('has no moving average, of its running statistics neither', () => {
    const averaged = namesUnder(plan, 'ema.');
    expect(averaged.filter(inPrefix)).toEqual([]);
    expect(averaged).toContain('layer3.0.bn1.running_var');
    expect(averaged.toSorted()).toEqual(
      namesUnder(whole, 'ema.')
        .filter((name) => !inPrefix(name))
        .toSorted(),
    );
  });

  test('is in no step of the update, and the norm to clip is over the others', () => {
    const [norm, ...updates] = plan.steps.update;
    expect(norm.node.op).toBe('gradient_norm');
    expect(norm.inputs).toHaveLength(trainable.length + 1);
    for (const step of updates) expect(inPrefix(step.inputs[0].name)).toBe(false);
  });

  test('has no backward pass', () => {
    const inside = plan.steps.gradient.filter(({ node }) => inPrefix(node.scope));
    expect(inside.length).toBeGreaterThan(0);
    expect(inside.filter(isBackward)).toEqual([]);
    expect(opsOf(inside)).not.toContain('batch_norm');
    // Nor is the gradient of its output computed.
    const backwardInputs = (of: Plan) =>
      of.steps.gradient.filter(({ node }) => node.op === 'conv2d_backward_input');
    expect(
      backwardInputs(plan).filter(({ node }) => /layer3\.0\.(conv1|downsample)/.test(node.scope)),
    ).toEqual([]);
    expect(
      backwardInputs(whole).filter(({ node }) => /layer3\.0\.(conv1|downsample)/.test(node.scope)),
    ).toHaveLength(2);
  });

  test('keeps no activation but its output', () => {
    const steps = plan.steps.gradient;
    const backward = steps.slice(steps.findIndex(isBackward));
    const made = new Set(steps.filter(({ node }) => inPrefix(node.scope)).flatMap(({ outputs }) => outputs));
    const kept = new Set(backward.flatMap(({ inputs }) => inputs).filter((buffer) => made.has(buffer)));
    expect([...kept].map(({ shape }) => shape)).toEqual([[4, 512, 4, 4]]);
  });

  test('takes less memory', () => {
    const state = (of: Plan) =>
      of.buffers.filter(({ role }) => role !== 'activation').reduce((sum, { bytes }) => sum + bytes, 0);
    expect(plan.peakBytes).toBeLessThan(whole.peakBytes);
    // Activations alone, without the state that is not there: the two large stages die as they go.
    expect(plan.peakBytes - state(plan)).toBeLessThan(0.6 * (whole.peakBytes - state(whole)));
  });
});

test('a frozen block in the middle is passed through: no gradient of its weights, one of its input', () => {
  const plan = planOf(resnext('layer2'));
  const inside = plan.steps.gradient.filter(({ node }) => node.scope.startsWith('layer2.'));
  expect(opsOf(inside).filter((op) => op === 'conv2d_backward_input')).toHaveLength(4);
  expect(opsOf(inside)).not.toContain('conv2d_backward_weight');
  expect(opsOf(inside)).not.toContain('batch_norm_backward');
  expect(opsOf(inside).filter((op) => op === 'batch_norm_inference_backward')).toHaveLength(4);
  const last = inside.find(({ node }) => node.op === 'batch_norm_inference' && node.attrs.residual);
  expect(last?.node.attrs).toMatchObject({ activation: 'relu', residual: true });
  // Both kinds of norm take the addition and ReLU that follow them.
  expect(plan.fusions).toMatchObject({
    'batch_norm + add + relu': 3,
    'batch_norm_inference + add + relu': 1,
    'batch_norm_inference + relu': 2,
  });
});

test('norms that are all frozen make no inference plan of it: nothing is folded, every convolution is trained', () => {
  const model = resnext('*bn?', '*downsample.1');
  const plan = planOf(model);
  expect(plan.steps.prologue).toEqual([]);
  const ops = Object.values(plan.steps).flatMap(opsOf);
  expect(ops).not.toContain('batch_norm');
  expect(ops).not.toContain('fold_batch_norm');
  expect(ops.filter((op) => op === 'conv2d_backward_weight')).toHaveLength(1 + 4 * 4);
  expect(Object.keys(plan.fusions).filter((name) => name.startsWith('conv2d +'))).toEqual([]);
  const inference = planInference(trace(model, input, { training: false }), plainTarget, { name: 'net' });
  expect(inference.steps.prologue).toHaveLength(1 + 4 * 4);
});

test('of a norm with one frozen parameter, the other is trained', () => {
  const model = new Sequential(new Conv2d(3, 4, 1), new BatchNorm2d(4), new ReLU(), new Flatten());
  freeze(model, ['1.weight']);
  const plan = planOf(new Sequential(model, new Linear(4 * 32 * 32, 2)));
  expect(namesUnder(plan, 'grad.')).toEqual(expect.arrayContaining(['0.1.bias', '0.0.weight']));
  expect(namesUnder(plan, 'grad.')).not.toContain('0.1.weight');
});

test('nothing to train is refused', () => {
  const planning = () => planOf(resnext('*'));
  expect(planning).toThrow(CardinalError);
  expect(planning).toThrow(/^net: expected a parameter to train, got 53 frozen ones and no other; /);
});

test('a parameter whose gradient no op knows is refused, not left as it is', () => {
  const traced = trace(resnext(), input, { training: false });
  expect(() => planTraining(traced, plainTarget, everything)).toThrow(
    /batch_norm_inference has no gradient for layer4\.0\.bn3\.weight; trace the network in training mode/,
  );
});
