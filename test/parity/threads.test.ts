import { afterAll, describe, expect, test } from 'vitest';
import { openBackends } from '../support/backends.ts';
import { firstDifference } from '../support/compare.ts';
import { settings } from './fixture.ts';
import { Runner } from './run.ts';
import { Tensors } from './tensors.ts';

/** Whole training steps on 1, 2 and 3 threads end with the same weights and running statistics, bit for bit, in WebAssembly alone. */
const kinds = await openBackends();
const repeatable = kinds.filter(({ backends, exact }) => exact && backends.length > 1);

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

describe.each(repeatable)('$name', ({ backends }) => {
  test.each(settings.networks)('$name', async (network) => {
    const fixture = new Tensors(`parity/${network.name}.safetensors`);
    const [one, ...others] = await Promise.all(
      backends.map((backend) => new Runner(backend, network, fixture).weightsAfter(3)),
    );
    expect(one.size).toBeGreaterThan(0);
    for (const other of others) {
      for (const [name, data] of other) {
        expect(firstDifference(data, one.get(name) ?? new Float32Array()), name).toBe(-1);
      }
    }
  });
});
