import { expect, test } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import type { Parameter } from '../../src/nn/index.ts';
import { readJson } from '../parity/tensors.ts';

/** What `scripts/fixtures/initialisation.py` wrote of networks that timm and torchvision begin. */
interface Begun {
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Mean, deviation, and the largest distance in deviations; the number, if all are the same. */
  readonly parameters?: Readonly<Record<string, number | readonly [number, number, number]>>;
  /** Weights that are 0 everywhere. */
  readonly zeros?: readonly string[];
}

const networks = (readJson('initialisation.json') as readonly Begun[]).map((network, index) => ({
  ...network,
  index,
}));
/** Of each network, as many as the fixture has of those. */
const draws = 4;

function momentsOf(
  parts: readonly Float32Array[],
): readonly [mean: number, deviation: number, reach: number] {
  const numbers = Float64Array.from(parts.flatMap((part) => Array.from(part)));
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0);
  return [mean, Math.sqrt(squares), largest / Math.sqrt(squares)];
}

test.each(networks.filter(({ parameters }) => parameters !== undefined))(
  '$model ($index): every parameter begins with the mean, deviation and distribution that it has there',
  ({ model, options, parameters = {} }) => {
    // The free networks begin as torchvision's, unless told otherwise.
    const begins = model === 'resnext' || model === 'resnet' ? { zeroInitResidual: true } : {};
    const net = createModel(model, { ...options, ...begins, numClasses: 10 });
    const drawn = Array.from({ length: draws }, (_, seed) =>
      net
        .initialize(seed + 1)
        .namedParameters()
        .map(([name, { data }]) => [name, data] as const),
    );
    expect(drawn[0].map(([name]) => name)).toEqual(Object.keys(parameters));
    for (const [index, [name, theirs]] of Object.entries(parameters).entries()) {
      const parts = drawn.map((one) => one[index][1]);
      if (typeof theirs === 'number') {
        expect(
          parts.every((part) => part.every((value) => value === Math.fround(theirs))),
          name,
        ).toBe(true);
        continue;
      }
      const [mean, deviation, reach] = theirs;
      const [ourMean, ourDeviation, ourReach] = momentsOf(parts);
      const count = draws * parts[0].length;
      // Five deviations of the difference of two estimates, and what the fixture rounds.
      const bound = (5 * Math.SQRT2) / Math.sqrt(count);
      expect(Math.abs(ourMean - mean), `${name}: mean`).toBeLessThan(deviation * (bound + 0.005));
      expect(Math.abs(ourDeviation / deviation - 1), `${name}: deviation`).toBeLessThan(bound + 0.005);
      if (count > 500) expect(ourReach < 2, `${name}: uniform`).toBe(reach < 2);
    }
  },
);

/** Of norms alone: what is not asked for is not drawn. */
function isZero(parameter: Parameter): boolean {
  return parameter.shape.length === 1 && parameter.data.every((value) => value === 0);
}

test.each(networks.filter(({ zeros }) => zeros !== undefined))(
  'of $model begin with 0 those weights alone that do there',
  ({ model, zeros }) => {
    const ours = createModel(model)
      .namedParameters()
      .filter(([name, parameter]) => name.endsWith('weight') && isZero(parameter));
    expect(ours.map(([name]) => name)).toEqual(zeros);
  },
);
