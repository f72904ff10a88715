import { afterAll, describe, expect, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import { f32, type StateDict } from '../../../src/base/tensor-data.ts';
import { Conv2d, F, Linear, Module, ReLU, Sequential, trace } from '../../../src/nn/index.ts';
import type { Node } from '../../../src/graph/node.ts';
import type { Value } from '../../../src/graph/value.ts';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { sizeOf } from '../../../src/base/shape.ts';
import { lowerPlan } from '../../../src/backends/wasm/lower-plan.ts';
import { wasmPlanning, type Products } from '../../../src/backends/wasm/planning.ts';
import { planInference } from '../../../src/plan/plan-inference.ts';
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

describe('several batch sizes', () => {
  const sizes = [8, 4, 2, 1];
  const lowered = (batches: readonly number[], products?: Products) => {
    const traces = batches.map((size) => trace(new Shared(), [size, 3, 21, 18], { training: false }));
    const planning = wasmPlanning(products);
    const device = { ...reference, workspaceBytes: (node: Node) => planning.workspaceBytes(node) };
    const plan = planInference(traces, device, { name: 'shared' });
    return lowerPlan(plan, { begin: 0, end: Infinity }, planning.lowerer);
  };

  test('keep one copy of packed weights', () => {
    const [several, one] = [lowered(sizes), lowered([8])];
    expect(one.argsAddress).toBeGreaterThan(0);
    expect(several.argsAddress).toBe(one.argsAddress);
    // Which is packed once.
    expect(several.lists[several.runs.prologue[0] as number].kernels).toEqual(
      one.lists[one.runs.prologue[0] as number].kernels,
    );
  });

  test('keep one copy of what a library takes in panels, however many rows there are', () => {
    const products = { threads: 2, unpacked: 2 ** 20 };
    const [few, many] = [lowered([1], products), lowered([8], products)];
    expect(few.argsAddress).toBeGreaterThan(0);
    expect(many.argsAddress).toBe(few.argsAddress);
    expect(lowered(sizes, products).argsAddress).toBe(few.argsAddress);
  });
});

/** Layers that are used at two sizes, one of which their fastest kernels do not take: packed in two ways, of as many bytes. */
class TwoForms extends Module {
  readonly depthwise = new Conv2d(16, 16, 3, { padding: 1, groups: 16 });
  readonly fc = new Linear(16, 10);

  forward(x: Value): Value {
    const wide = F.relu(this.depthwise(x));
    const narrow = this.depthwise(F.avgPool2d(wide, 3));
    return this.fc(F.flatten(F.adaptiveAvgPool2d(narrow, 1)));
  }
}

test.each(kinds)('weights that are packed in two ways are kept in both: $name', async ({ backends }) => {
  const model = new TwoForms();
  const input = [2, 16, 14, 14];
  const rng = Rng.of(seed, 'two forms');
  const picture = Float32Array.from({ length: sizeOf(input) }, () => rng.normal());
  const expected = await compile(model, { input, backend: reference });
  const wanted = (await expected.forward(picture)).data;
  for (const backend of backends) {
    const compiled = await compile(model, { input, backend });
    const { data } = await compiled.forward(picture);
    expect(relativeDistance(data, wanted), `${backend.description}, seed ${seed}`).toBeLessThan(1e-5);
    await compiled.dispose();
  }
  await expected.dispose();
});
