import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Programs } from '../../src/backends/host-program.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import type { Tensor } from '../../src/backends/reference/kernel.ts';
import { kernels } from '../../src/backends/reference/kernels.ts';
import type { NodeOf } from '../../src/graph/node.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { BatchNorm2d, Conv2d, Sequential } from '../../src/nn/index.ts';
import { compile } from '../../src/session/compile.ts';
import type { Plan, PlanBuffer } from '../../src/plan/plan.ts';
import { train } from '../../src/train/train.ts';
import { seed } from '../support/seed.ts';
import { MemoryStore, picture, runTraining, tinyRun } from '../support/tiny-training.ts';

/**
 * A device like a GPU: it ignores the plan's offsets and gives every buffer its own memory, that of an activation only from the
 * step that computes it to the step that uses it last, and spoiled in between.
 */
function pooled(limits: Partial<Backend> = {}): Backend {
  const reference = createReferenceBackend();
  const programs = new Programs('pooled');
  const load = (plan: Plan) => {
    const memory = new Map<PlanBuffer, Float32Array>();
    const dataOf = (buffer: PlanBuffer): Float32Array => {
      const known = memory.get(buffer);
      if (known !== undefined) return known;
      const fresh = new Float32Array(sizeOf(buffer.shape));
      if (buffer.role === 'activation') fresh.fill(NaN);
      memory.set(buffer, fresh);
      return fresh;
    };
    const tensor = (buffer: PlanBuffer): Tensor => ({ shape: buffer.shape, data: dataOf(buffer) });
    const steps = Object.values(plan.steps).flat();
    const lastUse = new Map(steps.flatMap(({ index, inputs, outputs }) => [...inputs, ...outputs].map((buffer) => [buffer, index] as const))); // prettier-ignore
    return programs.add(plan, {
      elements: dataOf,
      run(entry) {
        for (const { index, node, inputs, outputs } of plan.steps[entry]) {
          compute(node, inputs.map(tensor), outputs.map(tensor));
          for (const buffer of [...inputs, ...outputs]) {
            if (buffer.role === 'activation' && lastUse.get(buffer) === index) memory.delete(buffer);
          }
        }
      },
      release: () => Promise.resolve(),
    });
  };
  return {
    ...reference,
    name: 'pooled',
    alignment: 256,
    load: (plan) => Promise.resolve(load(plan)),
    dispose: () => programs.cutOff(),
    ...limits,
  };
}

function compute<K extends OpName>(
  node: NodeOf<K>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): void {
  kernels[node.op](node.attrs, inputs, outputs);
}

test.each([false, true])(
  'a device that pools buffers trains as one that has a single block does (recomputing: %s)',
  async (checkpointActivations) => {
    const runOn = async (backend: Backend | undefined) => {
      const store = new MemoryStore();
      const options = tinyRun(seed, { store, checkpointActivations });
      const { events } = await runTraining(backend === undefined ? options : { ...options, backend });
      const weights = (await store.read('last')).state;
      return { weights, start: events[0] };
    };
    const [block, pool] = [await runOn(undefined), await runOn(pooled())];
    expect(pool.weights).toEqual(block.weights);
    if (block.start.type !== 'start' || pool.start.type !== 'start')
      throw new Error('a run begins with its start');
    expect(pool.start.programBytes).toBeGreaterThan(block.start.programBytes);
    expect(pool.start.programBytes % 256).toBe(0);
  },
);

test('a tensor beyond the largest binding is refused by name, with the batch that would fit', async () => {
  const model = new Sequential(
    new Conv2d(2, 64, 3, { padding: 1 }),
    new BatchNorm2d(64),
    new Conv2d(64, 2, 1),
  );
  model.initialize(seed);
  // A hidden picture has 64 channels of 4×4: 4 KiB each.
  const backend = pooled({ maxBufferBytes: 32 * 1024 });
  await expect(compile(model, { input: [16, ...picture], backend })).rejects.toThrow(
    /expected a tensor '.+' within 0\.00 GiB \(pooled\), got 0\.00 GiB for input 16×2×4×4; use a batch of at most 8$/,
  );
  const compiled = await compile(model, { input: [8, ...picture], backend });
  await compiled.dispose();

  const training = tinyRun(seed, { backend: pooled({ maxBufferBytes: 1300 }) });
  const { value } = await train(training).next();
  if (!('microBatchSize' in value)) throw new Error('a run begins with its start');
  // What the convolution gives is 4 channels of 4×4: 2 KiB of 8 pictures, 1 KiB of 4.
  expect(value.microBatchSize).toBe(4);
  await expect(train({ ...training, backend: pooled({ maxBufferBytes: 64 }) }).next()).rejects.toThrow(
    /training on 8 pictures at once takes 0\.1 MiB for its tensor '.+', there are 0\.1 MiB: no smaller batch would fit$/,
  );
});
