import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { F, nn, type Value } from '../../../src/index.ts';
import { loadClassifier } from '../../../src/node/classifier.ts';
import { openData } from '../../../src/node/data/open.ts';
import { packShards } from '../../../src/node/data/shards/pack-shards.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainProbe } from '../../../src/node/training/probe.ts';
import { trainRun } from '../../../src/node/training/run.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { loadTrained } from '../../../src/node/trained.ts';
import type { OwnLoss } from '../../../src/nn/own-loss.ts';
import { writeLabelled, writeText, type LabelledPictures } from '../../support/labelled-pictures.ts';

vi.mock('../../../src/node/data/pool.ts', async (original) => {
  const { withoutWorkers } = await import('../../support/one-thread.ts');
  return withoutWorkers(original);
});
vi.mock('../../../src/node/lock/heartbeat.ts', async (original) => {
  const { withoutHeartbeatThread } = await import('../../support/one-thread.ts');
  return withoutHeartbeatThread(original);
});

const model = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], cardinality: 2, baseWidth: 16, planes: 16 },
};
const usual: TrainOnOptions = {
  ...{ epochs: 4, batchSize: 8, threads: 1, blas: false, seed: 3, augment: 'none', imageSize: 12 },
};

/** A network with a head on its first features, too. */
class TwoHeads extends nn.Module<{ readonly out: Value; readonly aux: Value }> {
  readonly stem = new nn.Conv2d(3, 4, 3, { stride: 2 });
  readonly conv = new nn.Conv2d(4, 8, 3, { stride: 2 });
  readonly fc = new nn.Linear(8, 2);
  readonly head = new nn.Linear(4, 2);

  forward(pictures: Value): { readonly out: Value; readonly aux: Value } {
    const middle = F.relu(this.stem(pictures));
    const last = F.relu(this.conv(middle));
    return { out: this.fc(F.mean(last, [2, 3])), aux: this.head(F.mean(middle, [2, 3])) };
  }
}

let root: string;
let pictures: LabelledPictures;
const at = (...names: readonly string[]): string => join(root, ...names);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-tasks-'));
  pictures = await writeLabelled(at('photos'), 96);
  await writeText(at('labels.csv'), pictures.labels);
  await writeText(at('numbers.csv'), pictures.numbers);
});
afterAll(() => rm(root, { recursive: true }));

async function standardizedIn(file: string) {
  const { recipe } = await loadTrained(file);
  if (recipe?.loss?.kind !== 'mse' || typeof recipe.loss.standardized !== 'object')
    throw new Error('expected standardised numbers');
  return recipe.loss.standardized;
}

describe('several labels a picture', () => {
  test('are learned, kept with the weights, and predicted each by itself', async () => {
    const out = at('labels');
    const { evaluation, history, best } = await trainOn(at('photos'), model, {
      ...{ ...usual, imageSize: 32, labels: at('labels.csv'), out, balance: 'sampling', mixup: 0.1 },
      labelSmoothing: 0,
    });
    if (evaluation?.scores?.task !== 'labels') throw new Error('expected the scores of labels');
    expect(evaluation.scores.mAP).toBeGreaterThan(0.9);
    expect(evaluation.scores.perLabel.map(({ name }) => name)).toEqual(['blue', 'red']);
    expect(best?.score).toBe(Math.max(...history.map(({ validation }) => validation?.scores?.['mAP'] ?? 0)));
    const metrics = await readFile(join(out, 'metrics.jsonl'), 'utf8');
    expect(metrics).toContain('"mAP":');
    expect(metrics).not.toMatch(/"top[15]"/);
    const report = await readFile(join(out, 'report.html'), 'utf8');
    expect(report).toContain('By label');
    expect(report).not.toMatch(/Confusion|Top-1/);

    const { task, recipe, classes } = await loadTrained(join(out, 'best.safetensors'));
    expect({ task, classes, loss: recipe?.loss }).toEqual({
      task: 'labels',
      classes: ['blue', 'red'],
      loss: { kind: 'bce', sumClasses: false, several: true },
    });
    await using classifier = await loadClassifier(join(out, 'best.safetensors'), { threads: 1, blas: false });
    // The fourth has both, the first neither.
    const [none, , , both] = await classifier.classifyMany(
      pictures.names.slice(0, 4).map((name) => at('photos', name)),
    );
    expect(none).toEqual([]);
    expect(both.map((answer) => answer.class).sort()).toEqual(['blue', 'red']);
    const [first, second] = await classifier.classify(at('photos', pictures.names[0]), { topK: 2 });
    expect(first.probability + second.probability).toBeLessThan(1);
  });

  test('a run that is interrupted and continued ends with the bytes of one that is not', async () => {
    const options = { ...usual, epochs: 2, labels: at('labels.csv'), evaluate: false, report: false };
    await trainOn(at('photos'), model, { ...options, out: at('whole') });
    const stop = new AbortController();
    await trainOn(at('photos'), model, {
      ...{ ...options, out: at('parts'), signal: stop.signal },
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 7) stop.abort();
      },
    });
    await trainOn(at('photos'), model, { ...options, out: at('parts'), resume: true });
    for (const name of ['best.safetensors', 'last.safetensors']) {
      expect(await readFile(at('parts', name)), name).toEqual(await readFile(at('whole', name)));
    }
    await writeText(at('other.csv'), pictures.labels.replace('3.png,red|blue', '3.png,red'));
    const changed = trainOn(at('photos'), model, {
      ...options,
      labels: at('other.csv'),
      out: at('parts'),
      resume: true,
    });
    await expect(changed).rejects.toThrow(/1 is of another class \(3\.png: red\|blue|blue\|red, now red\)/);
  });

  test('of pictures that a program opened are found again, unless it gave them itself', async () => {
    const options = { ...usual, epochs: 1, evaluate: false, report: false };
    const opened = await openData(at('photos'), { labels: relative('.', at('labels.csv')) });
    await trainOn(opened, model, { ...options, out: at('opened') });
    const kept = JSON.parse(await readFile(at('opened', 'config.json'), 'utf8')) as object;
    expect(kept).toMatchObject({ labels: at('labels.csv') });
    expect(kept).not.toHaveProperty('program');
    const byCommand = (out: string) =>
      trainRun({
        ...{
          source: undefined,
          model: {},
          options: { out: at(out), resume: true },
          command: 'cardinal train',
        },
        ...{ onEvent: () => undefined, listen: () => undefined },
      });
    expect((await byCommand('opened')).result.reason).toBe('finished');

    const record = Object.fromEntries(pictures.names.map((name, n) => [name, n % 2 ? 'red' : []]));
    const given = await openData(at('photos'), { labels: record });
    await trainOn(given, model, { ...options, out: at('given') });
    await expect(byCommand('given')).rejects.toThrow(
      /it has labels of its program: continue it there, with trainOn/,
    );
    await expect(trainOn(at('photos'), model, { out: at('given'), resume: true })).rejects.toThrow(
      /has labels of its program: give them again, as openData gives them/,
    );
  });

  test('what has no labels, and labels of what is not there, are told', async () => {
    const lines = pictures.labels.split('\n');
    await writeText(at('some.csv'), [...lines.slice(0, 80), 'gone.png,red', ''].join('\n'));
    const { leftOut, train } = await openData(at('photos'), { labels: at('some.csv'), valFraction: 0 });
    expect(train?.length).toBe(79);
    expect(leftOut).toMatchObject([
      { kind: 'unlabelled-picture', count: 17 },
      { kind: 'missing-picture', count: 1, paths: ['gone.png'] },
    ]);
    await expect(openData(at('photos'), { labels: { 'x.png': 'red' } })).rejects.toThrow(
      /^labels names none of the 96 pictures in .*: expected names below that folder, such as 0\.png, got x\.png$/,
    );
  });
});

describe('labels of which there are few', () => {
  test('count more in the loss, as many times as pictures lack them', async () => {
    const few = Object.fromEntries(pictures.names.map((name, n) => [name, n % 6 === 0 ? ['rare'] : []]));
    const data = await openData(at('photos'), { labels: few, valFraction: 0 });
    const out = at('few');
    await trainOn(data, model, {
      ...{ ...usual, epochs: 1, balance: 'loss', out, evaluate: false, report: false },
    });
    const { recipe } = await loadTrained(join(out, 'best.safetensors'));
    expect(recipe?.loss).toMatchObject({ kind: 'bce', several: true, posWeight: [5] });
  });
});

describe('numbers', () => {
  test('are learned, and what makes no sense of them is refused in one line', async () => {
    const out = at('numbers');
    const { evaluation } = await trainOn(at('photos'), model, {
      ...{ ...usual, epochs: 8, labels: at('numbers.csv'), out },
    });
    if (evaluation?.scores?.task !== 'numbers') throw new Error('expected the scores of numbers');
    expect(evaluation.scores.r2).toBeGreaterThan(0.3);
    expect(await readFile(join(out, 'report.html'), 'utf8')).toContain('Root mean squared error');
    await using classifier = await loadClassifier(join(out, 'best.safetensors'), { threads: 1, blas: false });
    expect(classifier.task).toBe('numbers');
    await expect(classifier.classify(at('photos', '0.png'))).rejects.toThrow(
      /^resnext_cifar gives numbers \(brightness, darkness\), not classes/,
    );
    expect((await classifier.logits(at('photos', '0.png'))).length).toBe(2);
    for (const [options, message] of [
      [
        { loss: 'focal' },
        /^`loss`: expected mse \(in a program, or a function of one's own\) for pictures with numbers, got focal$/,
      ],
      [{ balance: 'sampling' }, /^`balance` is for classes and labels/],
    ] as const) {
      const refused = trainOn(at('photos'), model, { ...usual, labels: at('numbers.csv'), ...options });
      await expect(refused).rejects.toThrow(message);
    }
  });
});

describe('numbers far from 0', () => {
  /** Years of brightness: so far from 0 that a network that learned them as they are would first learn their size. */
  const years = (): Record<string, number> =>
    Object.fromEntries(
      pictures.numbers
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','))
        .map(([name, brightness]) => [name, 2000 + 30 * Number(brightness)]),
    );
  const options = { ...usual, report: false } as const;
  let bestRmse = NaN;
  const logitsOf = async (file: string): Promise<number[]> => {
    await using classifier = await loadClassifier(file, { threads: 1, blas: false });
    const names = pictures.names.slice(0, 6).map((name) => at('photos', name));
    return (await Promise.all(names.map((name) => classifier.logits(name)))).map(([year]) => year);
  };
  test('are learned as standardised ones are, and answered in the unit of the data', async () => {
    const data = await openData(at('photos'), { labels: years(), seed: 3, valFraction: 0.25 });
    const { evaluation, best } = await trainOn(data, model, { ...options, out: at('years') });
    bestRmse = -(best?.score ?? NaN);
    if (evaluation?.scores?.task !== 'numbers') throw new Error('expected the scores of numbers');
    // Those of all that are the same would be 8.7, the deviation of evenly spread ones.
    expect(evaluation.scores.rmse).toBeLessThan(7);
    const { layer, mean, std } = await standardizedIn(at('years', 'best.safetensors'));
    expect(layer).toBe('fc');
    expect(mean[0]).toBeCloseTo(2015, -1);

    const byHand = Object.fromEntries(
      Object.entries(years()).map(([name, year]) => [name, (Math.fround(year) - mean[0]) / std[0]]),
    );
    const same = await openData(at('photos'), { labels: byHand, seed: 3, valFraction: 0.25 });
    const loss = { kind: 'mse', standardized: false } as const;
    await trainOn(same, model, { ...options, loss, out: at('by-hand') });
    for (const name of ['best.safetensors', 'last.safetensors']) {
      const [own, hand] = [await logitsOf(at('years', name)), await logitsOf(at('by-hand', name))];
      own.forEach((year, index) => {
        expect(year).toBeCloseTo(mean[0] + std[0] * hand[index], 2);
      });
    }
  });

  test('go on from a checkpoint to the bytes of a run in one, and from the weights where these are', async () => {
    const data = () => openData(at('photos'), { labels: years(), seed: 3, valFraction: 0.25 });
    const stop = new AbortController();
    const run = { ...options, evaluate: false, out: at('years-in-parts') };
    await trainOn(await data(), model, {
      ...{ ...run, signal: stop.signal },
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 13) stop.abort();
      },
    });
    await trainOn(await data(), model, { ...run, resume: true });
    for (const name of ['best.safetensors', 'last.safetensors']) {
      expect(await readFile(at('years-in-parts', name)), name).toEqual(await readFile(at('years', name)));
    }
    const weights = at('years', 'best.safetensors');
    const { history } = await trainOn(await data(), model, {
      ...options,
      weights,
      epochs: 1,
      learningRate: 1e-9,
      evaluate: false,
    });
    // Only the statistics of batch norms have moved.
    expect(history[0].validation?.scores?.['rmse']).toBeLessThan(bestRmse + 1);
  });
});

describe('labels and numbers of pictures elsewhere', () => {
  test.each(['labels.csv', 'numbers.csv'])('travel with shards: %s', async (file) => {
    const packed = await openData(at('photos'), { labels: at(file), valFraction: 0 });
    const out = at(`shards-${file}`);
    await packShards(packed, { out, shards: 3, seed: 1 });
    const opened = await openData(out, { valFraction: 0 });
    const rowsOf = ({ train, classes }: typeof packed): [string, number[]][] =>
      Array.from({ length: train?.length ?? 0 }, (_, index): [string, number[]] => {
        const row = train?.targets?.values.slice(index * classes.length, (index + 1) * classes.length);
        return [/\d+(?=\.png)/.exec(train?.id(index) ?? '')?.[0] ?? '', Array.from(row ?? [])];
      }).sort(([a], [b]) => Number(a) - Number(b));
    expect(opened.task).toBe(packed.task);
    expect(opened.classes).toEqual(packed.classes);
    expect(rowsOf(opened)).toEqual(rowsOf(packed));
    expect(rowsOf(opened)).toHaveLength(96);
  });

  test('are what a probe learns on features', async () => {
    const weights = at('years', 'best.safetensors');
    const probed = (labels: string) =>
      trainProbe(
        {
          ...{ source: at('photos'), model: {}, command: 'cardinal train' },
          options: {
            ...{ weights, labels: at(labels), epochs: 20, learningRate: 0.01, out: at(`probe-${labels}`) },
            ...{ threads: 1, blas: false, report: false },
          },
          ...{ onEvent: () => undefined, listen: () => undefined },
        },
        () => undefined,
      );
    const { evaluation } = await probed('numbers.csv');
    expect(evaluation?.scores?.task).toBe('numbers');
    expect((await standardizedIn(at('probe-numbers.csv', 'best.safetensors'))).layer).toBe('fc');
    expect((await probed('labels.csv')).evaluation?.scores?.task).toBe('labels');
  });
});

describe('a loss of one’s own', () => {
  const squared: OwnLoss = (output, target) => {
    const error = F.sub(output, target);
    return F.mean(F.mul(error, error), [0, 1]);
  };

  test('gives what the same loss by name gives, and is needed to go on', async () => {
    const options = { ...usual, epochs: 1, labels: at('numbers.csv'), evaluate: false, report: false };
    const loss = { kind: 'mse', standardized: false } as const;
    const named = await trainOn(at('photos'), model, { ...options, loss });
    const stop = new AbortController();
    await trainOn(at('photos'), model, {
      ...{ ...options, loss: squared, out: at('own'), signal: stop.signal },
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 3) stop.abort();
      },
    });
    await expect(trainOn(at('photos'), model, { out: at('own'), resume: true, threads: 1 })).rejects.toThrow(
      /^the recipe's loss is 'squared', a function of the program that began it: give it as loss$/,
    );
    const own = await trainOn(at('photos'), model, {
      ...{ out: at('own'), resume: true, loss: squared, threads: 1, blas: false },
      ...{ evaluate: false, report: false },
    });
    expect(own.state).toEqual(named.state);
  });
});

describe('an auxiliary head', () => {
  const auxiliary = { aux: 0.4 };
  const options = { ...usual, epochs: 1, auxiliary };
  const network = (): TwoHeads => new TwoHeads().initialize(4);

  test('is trained by a run, and kept with it', async () => {
    const data = { labels: at('labels.csv') };
    const { evaluation, model: trained } = await trainOn(at('photos'), network(), {
      ...options,
      ...data,
      out: at('heads'),
    });
    expect(evaluation?.scores?.task).toBe('labels');
    expect(await readFile(at('heads', 'report.html'), 'utf8')).toContain('losses of auxiliary outputs');
    expect(
      (await loadTrained(at('heads', 'best.safetensors'), { model: trained })).recipe?.auxiliary,
    ).toEqual(auxiliary);
    const other = { ...data, out: at('heads'), resume: true, auxiliary: { aux: 0.3 } };
    await expect(trainOn(at('photos'), network(), other)).rejects.toThrow(
      /auxiliary \{"aux":0\.4\}, not \{"aux":0\.3\}/,
    );
  });

  test('that the network does not have is refused in one line', async () => {
    await expect(trainOn(at('photos'), model, { ...options, labels: at('labels.csv') })).rejects.toThrow(
      /^auxiliary: the network gives no aux beside its main output: it has one output$/,
    );
    await expect(
      trainOn(at('photos'), network(), { ...options, labels: at('labels.csv'), auxiliary: { aux: -1 } }),
    ).rejects.toThrow(/auxiliary/);
  });
});
