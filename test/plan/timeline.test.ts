import { describe, expect, it } from 'vitest';
import { plainTarget } from '../../src/backends/cpu.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { planTimeline } from '../../src/plan/timeline.ts';
import { macsOf } from '../../src/graph/dispatch.ts';

const small = { layers: [1, 2, 1], cardinality: 4, baseWidth: 8, planes: 16 } as const;
const optimizer = { kind: 'sgd', momentum: true, nesterov: false } as const;

function plans() {
  const model = createModel('resnext_cifar', small);
  const input = [2, 3, 32, 32];
  const training = trace(model, input, { training: true });
  const plan = (more = {}) => planTraining(training, plainTarget, { name: 'x', optimizer, ...more });
  return [
    ['inference', planInference(trace(model, input, { training: false }), plainTarget, { name: 'x' })],
    ['training', plan()],
    ['recomputing', plan({ checkpointActivations: true })],
  ] as const;
}

describe.each(plans())('the timeline of a plan: %s', (_, plan) => {
  const { steps, buffers, peakBytes } = planTimeline(plan, plainTarget);
  const all = Object.values(plan.steps).flat();

  it('has every step and buffer, with their MACs', () => {
    expect(steps.map(({ op, entry }) => `${entry} ${op}`)).toEqual(
      all.map(({ node, entry }) => `${entry} ${node.op}`),
    );
    expect(steps.map(({ macs }) => macs)).toEqual(all.map(({ node }) => macsOf(node)));
    expect(buffers.map(({ name, offset }) => [name, offset])).toEqual(
      plan.buffers.map(({ name, offset }) => [name, offset]),
    );
  });

  it('keeps a buffer for every step that touches it', () => {
    all.forEach((step, index) => {
      for (const { id, name } of [...step.inputs, ...step.outputs]) {
        const { from, to } = buffers[plan.buffers.findIndex((buffer) => buffer.id === id)];
        expect([name, from <= index && index <= to]).toEqual([name, true]);
      }
    });
  });

  it('never needs more than the peak, which is reached but for what alignment leaves', () => {
    const most = Math.max(...steps.map(({ liveBytes }) => liveBytes));
    expect(most).toBeLessThanOrEqual(peakBytes);
    // Byte by byte, as an independent count of what is alive at the fullest step.
    const fullest = steps.findIndex(({ liveBytes }) => liveBytes === most);
    const words = new Uint8Array(peakBytes / 4);
    for (const { from, to, offset, bytes } of buffers) {
      if (from <= fullest && fullest <= to) words.fill(1, offset / 4, (offset + bytes) / 4);
    }
    expect(4 * words.reduce((sum, word) => sum + word, 0)).toBe(most);
  });

  it('has activations that come and go, and parameters that stay', () => {
    const last = steps.length - 1;
    for (const { role, from, to } of buffers)
      if (role !== 'activation') expect([from, to]).toEqual([0, last]);
    expect(buffers.some(({ role, from, to }) => role === 'activation' && to - from < last / 2)).toBe(true);
  });
});
