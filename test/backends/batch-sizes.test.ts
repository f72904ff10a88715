import { afterAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import { batchesOf } from '../../src/plan/batches.ts';
import { prepareInference } from '../../src/train/evaluate.ts';
import { inferenceNetworkOf, type InferenceNetwork } from '../../src/train/inference-network.ts';
import { cases, type BitsCase } from '../bits/networks.ts';
import { openBackends } from '../support/backends.ts';
import { firstDifference, relativeDistance } from '../support/compare.ts';
import { seed } from '../support/seed.ts';

/** One program computes batches of several sizes, and what it makes of a picture does not depend on those beside it. */
const kinds = await openBackends();
/** Between them they take every kernel of a forward pass. */
const networks = [
  'groups of 4, 8, 16 and 32',
  'groups that divide nothing by four',
  'groups with a stride and of large kernels',
  'depthwise separable, ReLU6',
  'dense: patches, products, Winograd',
  'pooling, paths, dropout',
  'shortcuts without parameters, scaled residuals, even kernels',
];

afterAll(() => Promise.all(kinds.flatMap(({ backends }) => backends.map((backend) => backend.dispose()))));

/** A case's network with weights and statistics that no initialiser gives. */
function networkOf({ picture, build }: BitsCase): InferenceNetwork {
  const network = inferenceNetworkOf(build(), picture, { name: 'batches', options: {} });
  const rng = Rng.of(seed, 'weights');
  const state = new Map(
    [...network.stateDict()].map(([name, { shape, data }]) => {
      const draw = name.endsWith('running_var') ? () => rng.uniform(0.5, 1.5) : () => rng.normal() / 4;
      return [name, f32(shape, Float32Array.from({ length: data.length }, draw))] as const;
    }),
  );
  return { ...network, stateDict: () => state };
}

/** What a backend makes of one picture in every batch and at every row of it, beside others, one of which is no picture at all. */
async function logitsOf(
  backend: Backend,
  network: InferenceNetwork,
  sizes: readonly number[],
): Promise<readonly Float32Array[]> {
  const program = await prepareInference(network, backend, sizes);
  const length = sizeOf(network.input);
  const rng = Rng.of(seed, 'pictures');
  const drawn = (count: number) => Float32Array.from({ length: count }, () => rng.normal());
  const one = drawn(length);
  const found: Float32Array[] = [];
  for (const { size, forward, input, logits } of batchesOf(program.plan)) {
    for (let row = 0; row < size; row++) {
      const pictures = drawn(size * length);
      const bad = (row + 1) % size;
      pictures.fill(NaN, bad * length, (bad + 1) * length);
      pictures.set(one, row * length);
      program.write(input, pictures);
      await program.run(forward);
      const all = await program.read(logits);
      const classes = all.length / size;
      found.push(all.slice(row * classes, (row + 1) * classes));
    }
  }
  await program.dispose();
  return found;
}

describe.each(kinds)('$name', ({ name: kind, exact, backends }) => {
  // The reference sums each element by itself, and is slow.
  const sizes = kind === 'reference' ? [2, 1] : [8, 4, 2, 1];

  test.each(networks)(
    `a picture has the same logits in any batch: %s (CARDINAL_SEED=${seed})`,
    async (name) => {
      const network = networkOf(cases[name]);
      const [wanted] = await logitsOf(backends[0], network, [1]);
      expect(wanted.every(Number.isFinite)).toBe(true);
      for (const backend of backends) {
        for (const logits of await logitsOf(backend, network, sizes)) {
          if (exact) expect(firstDifference(logits, wanted), backend.description).toBe(-1);
          else expect(relativeDistance(logits, wanted), backend.description).toBeLessThan(1e-4);
        }
      }
    },
  );
});
