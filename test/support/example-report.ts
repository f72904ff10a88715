import { Rng } from '../../src/base/rng.ts';
import type { ReportData } from '../../src/report/data.ts';
import type { EpochEvent } from '../../src/train/events.ts';
import type { Evaluation } from '../../src/train/metrics.ts';
import { reliabilityOf } from '../../src/train/reliability.ts';

// A 1×1 transparent PNG.
const dot =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export function exampleEvaluation(names: readonly string[], perClass: number): Evaluation {
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

/** A report of a run on classes of these names, `perClass` pictures of each; the same at every call. */
export function exampleReport(names: readonly string[], perClass = 50): ReportData {
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
    evaluated: { on: 'test pictures', evaluation: exampleEvaluation(names, perClass) },
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
    misclassified: Array.from({ length: 6 }, (_, i) => ({
      ...{ picture: dot, map: i < 2 ? dot : undefined, id: `test/wrong-${i}.png`, label: 0, predicted: 1 },
      top: [{ label: 1, probability: 0.5 + i / 20 }],
    })),
    reliability: reliabilityOf(Float32Array.of(2, 0, 0, 1, 3, 0, 0, 0.2), Int32Array.of(0, 1, 1, 0)),
    skipped: [{ id: 'test/<torn>.png', reason: 'it ends too early' }],
    leftOut: [],
    settings: [['seed', '7']],
    command: 'npx cardinal train pictures --seed 7',
    notes: ['2 pictures were left out'],
  };
}
