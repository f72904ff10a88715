import { afterAll, describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import { f32, type StateDict } from '../../../src/base/tensor-data.ts';
import { Conv2d, F, Linear, Module, ReLU, Sequential } from '../../../src/nn/index.ts';
import type { Value } from '../../../src/graph/value.ts';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { compile } from '../../../src/session/compile.ts';
import { openBackends } from '../../support/backends.ts';
import { relativeDistance } from '../../support/compare.ts';
import { seed } from '../../support/seed.ts';

/** In inference packed weights stay between runs: what depends on them must follow when they change. */
const kinds = await openBackends();
const reference = createReferenceBackend();

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** A dense 3×3 convolution that is used twice, a 1×1 one, a stem wide enough to be packed, and a linear layer. */
class Shared extends Module {
  readonly stem = new Conv2d(3, 40, 7, { stride: 2, padding: 3 });
  readonly twice = new Conv2d(40, 40, 3, { padding: 1 });
  readonly body = new Sequential(this.twice, new ReLU(), this.twice, new ReLU(), new Conv2d(40, 24, 1));
  readonly fc = new Linear(24, 10);

  forward(x: Value): Value {
    return this.fc(F.flatten(F.adaptiveAvgPool2d(this.body(this.stem(x)), 1)));
  }
}

function drawn(state: StateDict, name: string): StateDict {
  const rng = Rng.of(seed, name);
  return new Map(
    [...state].map(([key, { shape, data }]) => [
      key,
      f32(
        shape,
        Float32Array.from({ length: data.length }, () => rng.normal() / 8),
      ),
    ]),
  );
}

describe.each(kinds)('$name', ({ backends }) => {
  test(`other weights give other results, with one that is shared (CARDINAL_SEED=${seed})`, async () => {
    const model = new Shared();
    const input = [2, 3, 21, 18];
    const rng = Rng.of(seed, 'packed');
    const picture = Float32Array.from({ length: 2 * 3 * 21 * 18 }, () => rng.normal());
    const expected = await compile(model, { input, backend: reference });
    const states = ['first', 'second', 'first'].map((name) => drawn(model.stateDict(), name));
    for (const backend of backends) {
      const compiled = await compile(model, { input, backend });
      for (const state of states) {
        await compiled.load(state);
        await expected.load(state);
        const wanted = (await expected.forward(picture)).data;
        // Twice: the second run has nothing but what was kept.
        for (let run = 0; run < 2; run++) {
          const { data } = await compiled.forward(picture);
          expect(relativeDistance(data, wanted), backend.description).toBeLessThan(1e-5);
        }
      }
      await compiled.dispose();
    }
    await expected.dispose();
  });
});
