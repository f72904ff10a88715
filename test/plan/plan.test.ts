import { expect, test } from 'vitest';
import { plainTarget } from '../../src/backends/cpu.ts';
import type { Target } from '../../src/plan/target.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { Value } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { planInference, type Traced } from '../../src/plan/plan-inference.ts';
import { formatPlan, listPlan } from '../../src/plan/listing.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { countsHits, planTraining, type TrainingPlanOptions } from '../../src/plan/plan-training.ts';

const target: Target = { ...plainTarget, workspaceBytes: () => 1000 };
const geometry = {
  padding: [1, 1],
  dilation: [1, 1],
  groups: 2,
  bias: false,
  residual: false,
  activation: 'none',
} as const;

/** relu(bn(conv(x)) + bn(projection(x))) → pool → linear: every pattern of a residual block, once. */
function block(training: boolean): Traced {
  const graph = new Graph();
  const input = graph.input('input', [2, 4, 6, 6]);
  const convolution = (name: string, kernel: number) =>
    graph.apply1('conv2d', [input, graph.parameter(`${name}.weight`, [8, 2, kernel, kernel])], {
      ...geometry,
      stride: [2, 2],
      padding: kernel === 1 ? [0, 0] : [1, 1],
    });
  const norm = (name: string, x: Value) => {
    const vectors = ['weight', 'bias'].map((part) => graph.parameter(`${name}.${part}`, [8]));
    const statistics = ['running_mean', 'running_var'].map((part) => graph.buffer(`${name}.${part}`, [8]));
    const inputs = [x, ...vectors, ...statistics];
    const plain = { eps: 1e-5, activation: 'none', residual: false } as const;
    return training
      ? graph.apply1('batch_norm', inputs, { ...plain, momentum: 0.1 })
      : graph.apply1('batch_norm_inference', inputs, plain);
  };
  const main = norm('bn1', convolution('conv1', 3));
  const shortcut = norm('downsample.1', convolution('downsample.0', 1));
  const sum = graph.apply1('add', [main, shortcut], { activation: 'none' });
  const y = graph.apply1('relu', [sum], {});
  const pooled = graph.apply1('avg_pool2d', [y], {
    kernelSize: [3, 3],
    stride: [3, 3],
    padding: [0, 0],
    ceilMode: false,
    countIncludePad: true,
  });
  const flat = graph.apply1('flatten', [pooled], {});
  const weights = [graph.parameter('fc.weight', [5, 8]), graph.parameter('fc.bias', [5])];
  const output = graph.apply1('linear', [flat, ...weights], { bias: true }, 'logits');
  return { graph, input, output };
}

const training: TrainingPlanOptions = {
  name: 'block',
  labelSmoothing: 0,
  optimizer: { kind: 'sgd', momentum: true, nesterov: true },
  decays: () => true,
  clip: false,
  accumulate: false,
  ema: false,
};

const opsOf = (plan: Plan) => Object.values(plan.steps).flatMap((steps) => steps.map(({ node }) => node.op));
const names = (plan: Plan) => plan.buffers.map(({ name }) => name);

test('inference folds both batch norms and does addition and ReLU as the last convolution stores its tiles', () => {
  const plan = planInference(block(false), target, { name: 'block' });
  expect(plan.steps.prologue.map(({ node }) => node.op)).toEqual(['fold_batch_norm', 'fold_batch_norm']);
  expect(plan.steps.forward.map(({ node }) => node.op)).toEqual([
    'conv2d',
    'conv2d',
    'avg_pool2d',
    'flatten',
    'linear',
  ]);
  const last = plan.steps.forward[1].node;
  expect(
    last.op === 'conv2d' && last.attrs.residual && last.attrs.activation === 'relu' && last.attrs.bias,
  ).toBe(true);
  expect(plan.fusions).toEqual({
    'conv2d + batch_norm_inference + add + relu': 1,
    'conv2d + batch_norm_inference': 1,
  });
});

test('inference without folding keeps the batch norms and still fuses what follows them', () => {
  const plan = planInference(block(false), target, { name: 'block', foldBatchNorm: false });
  expect(plan.steps.prologue).toEqual([]);
  expect(opsOf(plan).filter((op) => op === 'batch_norm_inference')).toHaveLength(2);
  expect(plan.fusions).toEqual({ 'batch_norm_inference + add + relu': 1 });
});

test('training has a gradient for every parameter and none for the pictures', () => {
  const traced = block(true);
  const plan = planTraining(traced, target, training);
  const parameters = plan.buffers.filter(({ role }) => role === 'parameter');
  expect(parameters).toHaveLength(8);
  for (const { name, shape } of parameters) {
    expect(plan.buffers.find((buffer) => buffer.name === `grad.${name}`)?.shape).toEqual(shape);
    expect(names(plan)).toContain(`velocity.${name}`);
  }
  expect(opsOf(plan)).not.toContain('conv2d_backward_input');
  expect(opsOf(plan)).not.toContain('relu_backward');
  expect(plan.steps.update).toHaveLength(8);
  expect(plan.fusions).toEqual({ 'batch_norm + add + relu': 1 });
});

test('what a MobileNet does after each convolution is done with it or with its norm', () => {
  const model = createModel('mobilenetv1_100', { widthMultiplier: 1 / 8, numClasses: 5 });
  const size = [2, 3, 32, 32];
  const tested = planInference(trace(model, size, { training: false }), target, { name: 'mobile' });
  expect(tested.fusions).toEqual({ 'conv2d + batch_norm_inference + relu6': 27 });
  const trained = planTraining(trace(model, size, { training: true }), target, training);
  expect(trained.fusions).toEqual({ 'batch_norm + relu6': 27 });
  expect([...opsOf(tested), ...opsOf(trained)].filter((op) => op.startsWith('relu6'))).toEqual([]);
});

test('clipping, accumulation, AdamW and a moving average add their buffers', () => {
  const plan = planTraining(block(true), target, {
    ...training,
    optimizer: { kind: 'adamw' },
    clip: true,
    accumulate: true,
    ema: true,
  });
  expect(names(plan)).toEqual(
    expect.arrayContaining([
      'accumulator.conv1.weight',
      'accumulate_scale',
      'max_norm',
      'gradient_norm',
      'clip_coefficient',
      'exp_avg.fc.bias',
      'exp_avg_sq.fc.bias',
      'ema.conv1.weight',
      'ema.bn1.running_var',
      'ema_decay',
    ]),
  );
  expect(plan.steps.accumulate).toHaveLength(8);
  expect(plan.steps.update[0].node.op).toBe('gradient_norm');
});

test('hits are counted if asked for, where the device does and the network has no tensor of their names', () => {
  const hits = (device: Target, traced = block(true), options: Partial<TrainingPlanOptions> = {}) => {
    const plan = planTraining(traced, device, { ...training, hits: true, ...options });
    expect(opsOf(plan).includes('top1_hits')).toBe(countsHits(plan));
    expect(plan.buffers.filter(({ name }) => name === 'labels' || name === 'hits')).toHaveLength(
      countsHits(plan) ? 2 : 0,
    );
    return countsHits(plan);
  };
  expect(hits(target)).toBe(true);
  expect(hits(target, block(true), { checkpointActivations: true })).toBe(true);
  expect(hits(target, block(true), { hits: false })).toBe(false);
  expect(hits({ ...target, supports: ({ op }) => op !== 'top1_hits' })).toBe(false);
  expect(planTraining(block(true), target, training)).toEqual(
    planTraining(block(true), target, { ...training, hits: false }),
  );

  for (const name of ['labels', 'hits']) {
    const graph = new Graph();
    const features = graph.input('input', [2, 4]);
    const output = graph.apply1(
      'linear',
      [features, graph.parameter(name, [3, 4])],
      { bias: false },
      'logits',
    );
    const plan = planTraining({ graph, input: features, output }, target, { ...training, hits: true });
    expect(countsHits(plan)).toBe(false);
    expect(plan.buffers.find((buffer) => buffer.name === name)?.role).toBe('parameter');
  }
});

test('buffers alive at one step never overlap, and the peak holds them all', () => {
  const plan = planTraining(block(true), target, { ...training, clip: true, ema: true });
  const persistent = plan.buffers.filter(({ role }) => role !== 'activation');
  const disjoint = (a: Plan['buffers'][number], b: Plan['buffers'][number]) =>
    a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset;
  for (const a of persistent) {
    for (const b of plan.buffers) expect(a === b || disjoint(a, b), `${a.name} and ${b.name}`).toBe(true);
  }
  for (const step of Object.values(plan.steps).flat()) {
    const used = [...new Set([...step.inputs, ...step.outputs])];
    used.forEach((a, i) => {
      for (const b of used.slice(i + 1)) expect(disjoint(a, b), `${a.name} and ${b.name}`).toBe(true);
    });
  }
  const end = Math.max(...plan.buffers.map(({ offset, bytes }) => offset + bytes));
  expect(plan.peakBytes).toBe(Math.ceil(end / 64) * 64);
  expect(plan.workspace?.bytes).toBe(1000);
  expect(new Set(names(plan)).size).toBe(plan.buffers.length);
});

test('the listing counts weights and names what was fused', () => {
  const listing = listPlan(planInference(block(false), target, { name: 'block' }), () => [
    { name: 'kernel', once: false },
  ]);
  const convolutions = 2 * 8 * 9 * 2 * 9 + 2 * 8 * 9 * 2;
  expect(listing.macs).toBe(convolutions + 2 * 5 * 8);
  const text = formatPlan(listing);
  expect(text).toContain('1 × conv2d + batch_norm_inference + add + relu');
  expect(text).toContain('peak = all that is allocated');
});
