import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import type { ReportData } from '../../src/report/data.ts';
import { renderReport } from '../../src/report/report.ts';
import type { EpochEvent } from '../../src/train/events.ts';
import type { Evaluation } from '../../src/train/metrics.ts';

// A 1×1 transparent PNG.
const dot =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function evaluation(names: readonly string[], perClass: number): Evaluation {
  const rng = Rng.of(1, 'report');
  const size = names.length;
  const confusion = names.map((_, truth) => {
    const row = names.map(() => 0);
    for (let i = 0; i < perClass; i++) row[rng.float() < 0.6 ? truth : rng.int(size)]++;
    return row;
  });
  const correct = confusion.reduce((sum, row, truth) => sum + row[truth], 0);
  const total = perClass * size;
  return {
    total,
    correct,
    top1: correct / total,
    top5: 1,
    loss: 0.7654,
    confusion,
    perClass: names.map((name, index) => {
      const recall = confusion[index][index] / perClass;
      return {
        name,
        total: perClass,
        correct: confusion[index][index],
        precision: recall,
        recall,
        f1: recall,
      };
    }),
  };
}

function example(names: readonly string[], perClass = 50): ReportData {
  const epochs = [0, 1, 2].map((epoch): EpochEvent => ({
    type: 'epoch',
    epoch,
    epochs: 3,
    step: 500 * (epoch + 1),
    learningRate: 0.1,
    train: { loss: 1, top1: 0.5 },
    validation: { loss: 1, top1: 0.5, top5: 0.9 },
    seconds: 4,
    elapsed: 9,
    best: true,
  }));
  return {
    model: 'resnext_cifar',
    dataset: 'some <pictures> & more',
    date: new Date('2026-11-23T17:40:00Z'),
    classes: names,
    parameters: 70_123,
    macs: 11_234_567,
    pictureShape: [1, 28, 28],
    trainSamples: 6000,
    seconds: 125,
    imagesPerSecond: 612.3,
    waiting: 0.021,
    machine: '2 threads',
    steps: Array.from({ length: 1500 }, (_, i) => ({
      step: i + 1,
      stepsPerEpoch: 500,
      loss: 1 / (i + 1),
      learningRate: 0.1,
    })),
    epochs,
    evaluated: { on: 'test pictures', evaluation: evaluation(names, perClass) },
    samples: Array.from({ length: 24 }, (_, i) => ({
      picture: dot,
      id: `test/${i}.png`,
      label: 0,
      predicted: i % 2,
      top: [
        { label: i % 2, probability: 0.875 },
        { label: 1 - (i % 2), probability: 0.1 },
      ],
    })),
    misclassified: [],
    leftOut: [],
    settings: [['seed', '7']],
    command: 'npx cardinal train pictures --seed 7',
    notes: ['2 pictures were left out'],
  };
}

const ten = Array.from({ length: 10 }, (_, i) => `class ${i}`);

describe('report', () => {
  it('shows the figures of the run', () => {
    const data = example(ten);
    const page = renderReport(data);
    const top1 = data.evaluated?.evaluation.top1 ?? NaN;
    for (const text of [
      `${(100 * top1).toFixed(2)} %`,
      '70,123',
      '11.2 M',
      '2 min 05 s',
      '612/s',
      '23 November 2026',
      'npx cardinal train pictures --seed 7',
      '2 pictures were left out',
      'Confusion matrix',
      'class 9',
      '87.5 %',
    ]) {
      expect(page, text).toContain(text);
    }
  });

  it('draws a cell of the confusion matrix for every pair that occurs', () => {
    const data = example(ten);
    const page = renderReport(data);
    const pairs = data.evaluated?.evaluation.confusion.flat().filter((value) => value > 0).length;
    const cells = Array.from(
      page.matchAll(/<path[^>]*fill="var\(--(?:right|wrong)\)"[^>]*>/g),
      ([path]) => path,
    )
      .join('')
      .match(/M[\d.]+ [\d.]+h/g);
    expect(cells).toHaveLength(pairs ?? NaN);
  });

  it('escapes names, which come from folders', () => {
    const page = renderReport(example(['<script>alert(1)</script>', '"quoted" & \'so\'', 'c']));
    expect(page).not.toContain('<script');
    expect(page).toContain('some &#60;pictures&#62; &#38; more');
  });

  it('needs nothing beside itself', () => {
    const page = renderReport(example(ten));
    expect(page).not.toMatch(/<(?:script|link|iframe|object)\b/);
    const addresses = Array.from(page.matchAll(/(?:src|href)="([^"]*)"/g), ([, address]) => address);
    expect(addresses.length).toBe(24);
    for (const address of addresses) expect(address).toMatch(/^data:image\//);
    expect(page).not.toMatch(/url\(|@import/);
  });

  it('stays small with 100 classes and a full matrix', () => {
    const names = Array.from({ length: 100 }, (_, i) => `a rather long class name ${i}`);
    const page = renderReport(example(names, 1000));
    expect(page.length).toBeLessThan(600_000);
    expect(page).toContain('Confusion matrix');
  });

  it('does without validation, samples and steps', () => {
    const data: { evaluated?: unknown } & ReportData = example(ten);
    delete data.evaluated;
    const page = renderReport({ ...data, samples: [], steps: [], epochs: [], notes: [] });
    expect(page).not.toContain('Confusion matrix');
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
