import { afterAll, describe, expect, test } from 'vitest';
import { computeGradients } from '../../src/session/gradients.ts';
import { openBackends } from '../support/backends.ts';
import { relativeDistance } from '../support/compare.ts';
import { Functions } from '../support/functions.ts';
import { formula } from './formula.ts';
import { Tensors } from './tensors.ts';

const kinds = await openBackends();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

describe.each(kinds)('functions of F on $name', ({ backends }) => {
  test('give the logits, the loss and every gradient that PyTorch gives', async () => {
    const fixture = new Tensors('functional/functions.safetensors');
    const net = new Functions();
    for (const [name, one] of net.namedParameters()) one.data = formula(name, one.shape);
    const shape = [2, 3, 4, 5];
    const input = { shape, data: formula('input', shape) };
    const backend = backends[1] ?? backends[0];
    const { logits, loss, gradients } = await computeGradients(net, { backend, input, target: [0, 3] });
    expect(relativeDistance(logits.data, fixture.get('logits'))).toBeLessThan(1e-5);
    expect(loss).toBeCloseTo(fixture.get('loss')[0], 5);
    expect([...gradients.keys()].sort()).toEqual(
      fixture
        .under('grad.')
        .map(([name]) => name)
        .sort(),
    );
    for (const [name, expected] of fixture.under('grad.')) {
      const { data } = gradients.get(name) ?? {};
      if (!(data instanceof Float32Array)) throw new Error(`no gradient of ${name}`);
      expect(relativeDistance(data, expected), name).toBeLessThan(1e-4);
    }
  });
});
