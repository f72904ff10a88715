import { exp, log } from '../base/portable-math.ts';
import { argmax } from '../base/argmax.ts';
import { sum } from '../base/sum.ts';
import type { Evaluation } from './metrics.ts';

/** Counts hits and errors of logits, batch by batch, in double precision. */
export class Tally {
  readonly #names: readonly string[];
  readonly #confusion: number[][];
  #loss = 0;
  #top5 = 0;
  #total = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#confusion = names.map(() => names.map(() => 0));
  }

  /** Logits N×K and the true classes of the first `labels.length` rows; further rows are padding. */
  add(logits: Float32Array, labels: Int32Array): void {
    const classes = this.#names.length;
    labels.forEach((label, row) => {
      const scores = logits.subarray(row * classes, (row + 1) * classes);
      this.#confusion[label][argmax(scores)]++;
      if (rankOf(scores, label) < 5) this.#top5++;
      this.#loss += crossEntropy(scores, label);
      this.#total++;
    });
  }

  /** What was counted so far: its own arrays. */
  get counts(): Counts {
    return {
      ...{ names: this.#names, confusion: this.#confusion },
      ...{ loss: this.#loss, top5: this.#top5, total: this.#total },
    };
  }

  /** What it comes to. */
  evaluation(): Evaluation {
    return evaluationOf({ ...this.counts, confusion: this.#confusion.map((row) => [...row]) });
  }
}

/** Sums over pictures. */
interface Counts {
  readonly names: readonly string[];
  /** Pictures by true and predicted class. */
  readonly confusion: number[][];
  readonly loss: number;
  readonly top5: number;
  readonly total: number;
}

/** What counts come to. Shares of nothing are 0. */
export function evaluationOf({ names, confusion, loss, top5, total: all }: Counts): Evaluation {
  const perClass = names.map((name, k) => {
    const total = sum(confusion[k]);
    const predicted = sum(confusion.map((row) => row[k]));
    const correct = confusion[k][k];
    const precision = ratio(correct, predicted);
    const recall = ratio(correct, total);
    return { name, total, correct, precision, recall, f1: ratio(2 * correct, total + predicted) };
  });
  const correct = sum(perClass.map((row) => row.correct));
  return {
    ...{ total: all, correct, top1: ratio(correct, all), top5: ratio(top5, all) },
    ...{ loss: ratio(loss, all), perClass, confusion },
  };
}

/** How many rows of logits N×K have their largest number (`argmax`) at the class that `labels` (N) gives. */
export function hitsOf(logits: Float32Array, labels: Float32Array): number {
  const classes = logits.length / labels.length;
  return labels.reduce((hits, label, row) => {
    const predicted = argmax(logits.subarray(row * classes, (row + 1) * classes));
    return predicted === label ? hits + 1 : hits;
  }, 0);
}

/** How many classes come before `label` when sorted by score, equals by index. */
function rankOf(scores: Float32Array, label: number): number {
  const own = scores[label];
  if (Number.isNaN(own)) return scores.length;
  let rank = 0;
  scores.forEach((score, k) => {
    if (k !== label && (score > own || Number.isNaN(score) || (score === own && k < label))) rank++;
  });
  return rank;
}

/** −log softmax(scores)[label], with the maximum taken out so that nothing overflows. */
function crossEntropy(scores: Float32Array, label: number): number {
  const maximum = scores[argmax(scores)];
  let total = 0;
  for (const score of scores) total += exp(score - maximum);
  return log(total) - (scores[label] - maximum);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
