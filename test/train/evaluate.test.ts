import { describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { argmax } from '../../src/base/argmax.ts';
import { batchesOf } from '../../src/plan/batches.ts';
import { evaluate, prepareInference } from '../../src/train/evaluate.ts';
import { Tally } from '../../src/train/tally.ts';
import { seed } from '../support/seed.ts';
import { countRounds, gaps, watchedBackend } from '../support/rounds.ts';
import { limitedBackend, memoryLoader, tinyNetwork } from '../support/tiny-training.ts';

describe('a hand-worked case', () => {
  // Three classes: true a, a, b, b, c; predicted a, b, b, b, a.
  const tally = new Tally(['a', 'b', 'c']);
  tally.add(Float32Array.of(2, 0, 0, 0, 1, 0, 0, 1, 0), Int32Array.of(0, 0, 1));
  tally.add(Float32Array.of(0, 3, 0, 1, 0, 0, 9, 9, 9), Int32Array.of(1, 2));
  const evaluation = tally.evaluation();

  test('confusion, and the last row of the second batch is padding', () => {
    expect(evaluation.confusion).toEqual([
      [1, 1, 0],
      [0, 2, 0],
      [1, 0, 0],
    ]);
    expect(evaluation).toMatchObject({ total: 5, correct: 3, top1: 0.6, top5: 1 });
  });

  test('precision, recall, F1', () => {
    const [a, b, c] = evaluation.perClass;
    expect(a).toMatchObject({ name: 'a', total: 2, correct: 1, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 });
    expect(b).toMatchObject({ name: 'b', total: 2, correct: 2, precision: 2 / 3, recall: 1, f1: 4 / 5 });
    expect(c).toMatchObject({ name: 'c', total: 1, correct: 0, precision: 0, recall: 0, f1: 0 });
  });

  test('loss', () => {
    const e = Math.E;
    const losses = [
      Math.log(e ** 2 + 2) - 2,
      Math.log(e + 2),
      Math.log(e + 2) - 1,
      Math.log(e ** 3 + 2) - 3,
      Math.log(e + 2),
    ];
    expect(evaluation.loss).toBeCloseTo(losses.reduce((a, b) => a + b) / 5, 12);
  });
});

test('top-5 counts ranks, equals by index, and NaN is never a hit', () => {
  const tally = new Tally(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  tally.add(Float32Array.of(7, 6, 5, 4, 3, 2, 1), Int32Array.of(4));
  tally.add(Float32Array.of(7, 6, 5, 4, 3, 2, 1), Int32Array.of(5));
  tally.add(Float32Array.of(1, 1, 1, 1, 1, 1, 1), Int32Array.of(4));
  tally.add(Float32Array.of(1, 1, 1, 1, 1, 1, 1), Int32Array.of(5));
  expect(tally.evaluation().top5).toBe(0.5);
  tally.add(Float32Array.of(NaN, NaN, NaN, NaN, NaN, NaN, NaN), Int32Array.of(3));
  expect(tally.evaluation()).toMatchObject({ total: 5, correct: 0, top5: 2 / 5, loss: NaN });
  expect(argmax(Float32Array.of(1, NaN, 3))).toBe(1);
});

test('large logits do not overflow', () => {
  const tally = new Tally(['a', 'b']);
  tally.add(Float32Array.of(1e30, -1e30), Int32Array.of(0));
  expect(tally.evaluation().loss).toBe(0);
});

test('nothing at all is zeros, not NaN', () => {
  expect(new Tally(['a']).evaluation()).toMatchObject({ total: 0, top1: 0, loss: 0 });
});

describe('over a loader', () => {
  const network = tinyNetwork(seed);
  const backend = createReferenceBackend();
  const loader = memoryLoader({ length: 10, batchSize: 4, seed, training: false });

  test('the batch size of loader and program makes no difference', async () => {
    const results = [];
    for (const batchSize of [1, 2, 4]) {
      results.push(await evaluate(await prepareInference(network, backend, batchSize), loader));
    }
    const single = memoryLoader({ length: 10, batchSize: 1, seed, training: false });
    results.push(await evaluate(await prepareInference(network, backend, 1), single));
    expect(results[0].total).toBe(10);
    for (const result of results) expect(result, `seed ${seed}`).toEqual(results[0]);
  });

  test('other weights can be evaluated than the network’s own', async () => {
    const own = await evaluate(await prepareInference(network, backend, 4), loader);
    const other = await evaluate(
      await prepareInference(network, backend, 4, tinyNetwork(seed + 1).stateDict()),
      loader,
    );
    expect(other.loss, `seed ${seed}`).not.toBe(own.loss);
  });

  test('it ends when told to, and tells how far it is', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const options = {
      signal: controller.signal,
      onBatch: ({ batches, of }: { batches: number; of: number }) => {
        expect(of).toBe(3);
        seen.push(batches);
        if (batches === 2) controller.abort();
      },
    };
    const program = await prepareInference(network, backend, 4);
    await expect(evaluate(program, loader, options)).rejects.toThrow(/abort/i);
    expect(seen).toEqual([1, 2]);
  });

  test('a batch that does not fit is cut into parts that do', async () => {
    const room = network.planInference(2, backend).peakBytes;
    const program = await prepareInference(network, limitedBackend(room), 4);
    expect(program.plan.buffers.find(({ name }) => name === 'logits')?.shape[0]).toBe(2);
    expect(await evaluate(program, loader)).toEqual(
      await evaluate(await prepareInference(network, backend, 4), loader),
    );
  });

  test('of several batch sizes the largest are left out if they do not fit', async () => {
    const room = network.planInference([2, 1], backend).peakBytes;
    const sizesIn = async (bytes: number, sizes: readonly number[]) => {
      const program = await prepareInference(network, limitedBackend(bytes), sizes);
      return batchesOf(program.plan).map(({ size }) => size);
    };
    expect(await sizesIn(Infinity, [8, 4, 2, 1])).toEqual([8, 4, 2, 1]);
    expect(await sizesIn(room, [8, 4, 2, 1])).toEqual([2, 1]);
    expect(await sizesIn(room - 1, [8, 4, 2, 1])).toEqual([1]);
    await expect(sizesIn(100, [8, 4])).rejects.toThrow(/: a batch of 4 pictures of .* use smaller pictures/);
    await expect(sizesIn(room, [1, 2])).rejects.toThrow(/largest first/);
    await expect(sizesIn(room, [])).rejects.toThrow(/largest first/);
  });

  test('a program that does not fit even for one picture is refused', async () => {
    await expect(prepareInference(network, limitedBackend(100), 4)).rejects.toThrow(/use smaller pictures/);
  });

  test('between two runs the event loop comes round', async () => {
    const { rounds, stop } = countRounds();
    const at: number[] = [];
    const watched = watchedBackend((entry) => {
      if (entry === 'forward') at.push(rounds());
    });
    const program = await prepareInference(network, watched.backend, 2);
    await evaluate(program, loader);
    const told: number[] = [];
    const onLogits = (logits: Float32Array, { index }: { readonly index: number }): void => {
      expect(logits).toHaveLength(loader.dataset.classes.length);
      told.push(index);
    };
    await evaluate(program, loader, { onLogits });
    expect(told.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    stop();
    // Ten pictures in batches of 4, 4 and 2: twice.
    expect(at).toHaveLength(10);
    for (const gap of gaps(at)) expect(gap).toBeGreaterThanOrEqual(1);
  });
});
