import { afterAll, expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { rangeTest, verdictOf, type RangePoint } from '../../src/train/range-test.ts';
import { memoryLoader, tinyNetwork, tinyRecipe } from '../support/tiny-training.ts';

const backend = createReferenceBackend();
afterAll(() => backend.dispose());

async function curve(changes: { from?: number; to?: number; steps?: number } = {}) {
  const recipe = tinyRecipe({ optimizer: { kind: 'sgd', learningRate: 0.1 } });
  const network = tinyNetwork(3);
  const before = structuredClone([...network.stateDict()]);
  const loader = memoryLoader({ length: 24, batchSize: recipe.batchSize, seed: 3, training: true });
  const points: RangePoint[] = [];
  const options = { network, backend, loader, recipe, seed: 3, from: 1e-4, to: 1e-1, steps: 40, ...changes };
  for await (const point of rangeTest(options)) points.push(point);
  expect([...network.stateDict()]).toEqual(before);
  return points;
}

test('the rate grows by one factor from the first to the last, and the loss is smoothed without bias', async () => {
  const points = await curve();
  expect(points).toHaveLength(40);
  expect(points[0].learningRate).toBeCloseTo(1e-4, 12);
  expect(points[39].learningRate).toBeCloseTo(1e-1, 10);
  expect(points[20].learningRate / points[19].learningRate).toBeCloseTo(1000 ** (1 / 39), 10);
  expect(points[0].smoothed).toBeCloseTo(points[0].loss, 10);
  expect(points[1].smoothed).toBeCloseTo((0.9 * points[0].loss + points[1].loss) / 1.9, 10);
  const { suggestion, lowest } = verdictOf(points);
  expect(suggestion).toBeGreaterThan(1e-4);
  expect(suggestion).toBeLessThanOrEqual(lowest);
});

test('it ends when the loss explodes', async () => {
  const points = await curve({ to: 1e6, steps: 60 });
  expect(points.length).toBeLessThan(60);
  expect(points.length).toBeGreaterThan(10);
  expect(points.every(({ loss }) => Number.isFinite(loss))).toBe(true);
});

test('the suggestion is where a known curve falls fastest', () => {
  const point = (exponent: number, smoothed: number): RangePoint => ({
    learningRate: 10 ** exponent,
    loss: smoothed,
    smoothed,
  });
  // A fall around 10⁻², which is lowest at 10⁻¹ and then grows steeply.
  const fall = Array.from({ length: 51 }, (_, i) => -5 + i / 10).map((exponent) =>
    point(exponent, exponent <= -1 ? 2 - Math.tanh(2 * (exponent + 2)) : 1 + 10 * (exponent + 1)),
  );
  const { suggestion, lowest } = verdictOf(fall);
  expect(Math.log10(suggestion ?? NaN)).toBeCloseTo(-2, 6);
  expect(Math.log10(lowest)).toBeCloseTo(-1, 6);
  const rising = [-3, -2, -1].map((exponent) => point(exponent, exponent + 5));
  expect(verdictOf(rising)).toEqual({ suggestion: undefined, lowest: 1e-3 });
});
