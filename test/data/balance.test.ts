import { describe, expect, test } from 'vitest';

import { epochSchedule } from '../../src/data/schedule.ts';
import { membersByClass } from '../../src/data/split.ts';
import { openData } from '../../src/node/data/open.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import { classWeights, weighTargets } from '../../src/train/class-weights.ts';
import { seed } from '../support/seed.ts';
import {
  memoryLoader,
  runTraining,
  tinyModel,
  tinyNetwork,
  tinyRecipe,
  tinyRun,
} from '../support/tiny-training.ts';
import { temporaryFolder, writeClasses } from '../node/data/support/sources.ts';

describe('balanced sampling', () => {
  const sizes = [50, 7, 1, 0];
  const labels = Int32Array.from(sizes.flatMap((size, label) => Array<number>(size).fill(label)));
  const balanced = membersByClass(labels, sizes.length);
  const epoch = (n: number) => {
    const schedule = epochSchedule({
      ...{ length: labels.length, batchSize: 10, shuffle: true, dropLast: false },
      ...{ seed, epoch: n, balanced },
    });
    const batches = Array.from({ length: schedule.batches }, (_, batch) => schedule.batch(batch));
    return {
      indices: batches.flatMap(({ indices }) => [...indices]),
      repeats: batches.flatMap(({ repeats = [] }) => [...repeats]),
    };
  };
  const perClass = (indices: readonly number[]): number[] =>
    sizes.map((_, label) => indices.filter((index) => labels[index] === label).length);

  test('every class is shown as often, in each epoch and over all', () => {
    const all: number[] = [];
    for (let n = 0; n < 12; n++) {
      const { indices } = epoch(n);
      expect(indices).toHaveLength(58);
      for (const count of perClass(indices).slice(0, 3)) expect([19, 20]).toContain(count);
      all.push(...indices);
    }
    expect(perClass(all)).toEqual([232, 232, 232, 0]);
    // Rounds of all 50 pictures of the large class: none is seen five times before another is seen four times.
    const times = balanced[0].map((index) => all.filter((other) => other === index).length);
    expect(Math.max(...times) - Math.min(...times)).toBe(1);
  });

  test('an epoch depends on seed and epoch alone, and tells what comes again', () => {
    const { indices, repeats } = epoch(3);
    expect(epoch(3)).toEqual({ indices, repeats });
    expect(epoch(4).indices).not.toEqual(indices);
    // The only picture of the third class comes 19 or 20 times, each time told apart.
    const turns = repeats.filter((_, i) => labels[indices[i]] === 2);
    expect(turns.toSorted((a, b) => a - b)).toEqual([...turns.keys()]);
  });

  test('a picture that comes again is augmented in another way, and a resumed epoch goes on the same', async () => {
    const { path, remove } = temporaryFolder();
    try {
      await writeClasses(path, { many: 14, one: 1 });
      const { train } = await openData(path, { valFraction: 0 });
      if (train === undefined) throw new Error('no pictures');
      const loader = createLoader(train, {
        ...{ batchSize: 5, training: true, balanced: true, seed, workers: 0 },
        augmentation: { crop: { kind: 'random-resized' }, lighting: 0.1 },
        preprocessing: {
          ...{ channels: 3, size: [8, 8], resize: null, interpolation: 'bilinear' },
          ...{ mean: [0, 0, 0], std: [1, 1, 1] },
        },
      });
      const epochFrom = async (start: number) => {
        const batches: { labels: number[]; pictures: string[] }[] = [];
        for await (const { labels: found, input, size } of loader.epoch(2, start)) {
          const each = input.length / size;
          const pictures = Array.from({ length: size }, (_, i) =>
            String(input.slice(i * each, (i + 1) * each)),
          );
          batches.push({ labels: [...found], pictures });
        }
        return batches;
      };
      const whole = await epochFrom(0);
      const ofOne = whole.flatMap(({ labels: found, pictures }) => pictures.filter((_, i) => found[i] === 1));
      expect([7, 8]).toContain(ofOne.length);
      expect(new Set(ofOne).size).toBe(ofOne.length);
      expect(await epochFrom(1)).toEqual(whole.slice(1));
      await loader.dispose();
    } finally {
      remove();
    }
  });
});

describe('classes weighed in the loss', () => {
  // torch.nn.functional.cross_entropy(z, y, weight=w, label_smoothing=ε) in double, and its gradient for z; then with
  // probabilities 0.7·y + 0.3·roll(y, 1) as the target.
  const counts = [8, 2, 5, 1];
  const z = Array.from({ length: 24 }, (_, i) => ((7 * Math.floor(i / 4) + 3 * (i % 4)) % 11) / 3 - 1.5);
  const y = [0, 1, 2, 3, 0, 2];
  const torch = [
    {
      smoothing: 0,
      mixed: false,
      loss: 1.0598644412963756,
      gradient: [-0.0562756626, 0.005066530159, 0.013772256866],
    },
    {
      smoothing: 0,
      mixed: true,
      loss: 1.8848939800790767,
      gradient: [-0.055180904011, 0.008569191343, -0.016706522888],
    },
    {
      smoothing: 0.1,
      mixed: false,
      loss: 1.1941856571658607,
      gradient: [-0.051421271329, 0.000595207163, 0.01509632354],
    },
    {
      smoothing: 0.1,
      mixed: true,
      loss: 2.0408455614032452,
      gradient: [-0.050771031093, 0.00202957857, -0.011164018215],
    },
  ];

  test.each(torch)(
    "PyTorch's loss and gradient: $smoothing, mixed $mixed",
    ({ smoothing, mixed, loss, gradient }) => {
      const labels = counts.flatMap((count, label) => Array<number>(count).fill(label));
      const weights = classWeights({
        ...{ name: '', classes: ['a', 'b', 'c', 'd'], length: labels.length, id: String },
        label: (index) => labels[index],
      });
      const hot = y.map((label) => [0, 1, 2, 3].map((k) => Number(k === label)));
      const target = Float32Array.from(
        hot.flatMap((row, n) => row.map((own, k) => (mixed ? 0.7 * own + 0.3 * hot[(n + 5) % 6][k] : own))),
      );
      const t = weighTargets({ target, labels: Int32Array.from(y), size: 6 }, weights, { smoothing, mixed });
      // The op by its definition: −Σ t·log softmax / N, and its gradient (softmax·Σt − t) / N.
      const rows = y.map((_, n) => z.slice(4 * n, 4 * n + 4));
      const softmax = rows.map((row) => {
        const sum = row.reduce((total, value) => total + Math.exp(value), 0);
        return row.map((value) => Math.exp(value) / sum);
      });
      const ours = softmax.flat().reduce((sum, p, i) => sum - t[i] * Math.log(p), 0) / 6;
      expect(Math.abs(ours - loss)).toBeLessThan(1e-6);
      const total = t.slice(0, 4).reduce((a, b) => a + b, 0);
      gradient.forEach((expected, k) => {
        expect(Math.abs((softmax[0][k] * total - t[k]) / 6 - expected)).toBeLessThan(1e-7);
      });
    },
  );

  test('a run weighs its classes, whole batches or in parts', async () => {
    const uneven = (training: boolean) => {
      const loader = memoryLoader({ length: 43, batchSize: 8, seed, training });
      // Of the first class only those indices are counted that are told so: 29 of 43 stand for it in the weights.
      return {
        ...loader,
        dataset: { ...loader.dataset, label: (index: number) => (index < 29 ? 0 : 1 + (index % 2)) },
      };
    };
    const losses = async (balance: 'loss' | undefined, accumulate: number) => {
      const recipe = { ...tinyRecipe({ epochs: 1, accumulate }), balance };
      const network = tinyNetwork(seed, tinyModel({ norm: false, dropout: 0 }));
      const data = { train: uneven(true) };
      const { events } = await runTraining({ ...tinyRun(seed), network, recipe, data });
      return events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
    };
    const whole = await losses('loss', 1);
    const parts = await losses('loss', 2);
    whole.forEach((loss, step) => {
      expect(Math.abs(loss - parts[step])).toBeLessThan(1e-5);
    });
    // A batch of one class alone is weighed like any other, whatever its weight.
    const plain = await losses(undefined, 1);
    expect(Math.max(...whole.map((loss, step) => Math.abs(loss - plain[step])))).toBeGreaterThan(5e-5);
  });
});
