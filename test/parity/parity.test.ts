import { afterAll, describe, expect, test } from 'vitest';
import { trace } from '../../src/nn/index.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { settings } from './fixture.ts';
import { build } from './network.ts';
import { Runner } from './run.ts';
import { Tensors } from './tensors.ts';

const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

describe.each(settings.networks)('$name as in PyTorch ($covers)', (network) => {
  const fixture = new Tensors(`parity/${network.name}.safetensors`);

  test('has the same parameters and buffers', () => {
    const net = build(network.layers);
    const ours = [...net.namedParameters(), ...net.namedBuffers()].map(([name]) => name);
    const theirs = fixture.under('weights.').map(([name]) => name);
    expect(ours.filter((name) => !name.endsWith('num_batches_tracked')).sort()).toEqual(theirs.sort());
    expect(trace(net, network.input, { training: true }).output.shape).toEqual([
      network.input[0],
      network.classes,
    ]);
  });

  describe.each(kinds)('on $name', ({ name, backends }) => {
    // Any number of threads gives the same bits; the conformance suite asserts that op by op.
    const runner = new Runner(backends[1] ?? backends[0], network, fixture);
    // The scalar reference is slow, and every op of it is held against PyTorch in the first steps.
    const steps = name === 'reference' ? 5 : settings.steps;

    test.each([true, false])('logits of evaluation, batch norm folded: %s', async (foldBatchNorm) => {
      const logits = await runner.logits({ foldBatchNorm });
      expect(relativeDistance(logits, fixture.get('eval.logits'))).toBeLessThan(1e-5);
    });

    test('one step: logits, loss, every gradient, running statistics', async () => {
      const program = await runner.training();
      const loss = await runner.gradient(program, 0, 1);
      expect(relativeDistance(await program.read('logits'), fixture.get('train.logits'))).toBeLessThan(1e-5);
      expect(relativeDistance(Float32Array.of(loss), fixture.get('train.loss'))).toBeLessThan(1e-6);
      const gradients = fixture.under('grad.');
      expect(gradients.length).toBeGreaterThan(0);
      for (const [name, expected] of gradients) {
        const distance = relativeDistance(await program.read(`grad.${name}`), expected, 1e-6);
        expect(distance, `gradient of ${name}`).toBeLessThan(1e-4);
      }
      for (const [name, expected] of fixture.under('after.')) {
        expect(relativeDistance(await program.read(name), expected), name).toBeLessThan(1e-5);
      }
      await program.dispose();
    });

    test(`losses of ${steps} steps of SGD`, async () => {
      const expected = fixture.get('losses.sgd').subarray(0, steps);
      expect(relativeDistance(await runner.sgdCurve(steps), expected)).toBeLessThan(1e-4);
    });

    test(`losses of ${steps} steps of AdamW`, async () => {
      const expected = fixture.get('losses.adamw').subarray(0, steps);
      expect(relativeDistance(await runner.adamwCurve(steps), expected)).toBeLessThan(1e-4);
    });

    if (!network.accumulated) return;
    test('accumulated, clipped and averaged steps', async () => {
      const { losses, norms, average } = await runner.accumulatedCurve();
      expect(Math.max(...norms), 'clipping happens').toBeGreaterThan(settings.clipNorm);
      expect(relativeDistance(losses, fixture.get('losses.accumulated'))).toBeLessThan(1e-4);
      expect(relativeDistance(norms, fixture.get('norms.accumulated'))).toBeLessThan(1e-3);
      expect(average.size).toBeGreaterThan(0);
      for (const [name, data] of average) {
        expect(relativeDistance(data, fixture.get(`ema.${name}`)), `average of ${name}`).toBeLessThan(1e-4);
      }
    });
  });
});
