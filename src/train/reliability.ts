import { argmax } from '../base/argmax.ts';
import { requireFloats } from '../base/floats.ts';
import { checkKind, checkOptions, type Kind } from '../base/options.ts';
import { exp, log } from '../base/portable-math.ts';
import { CardinalError } from '../base/errors.ts';

/** Pictures whose confidence is above `from` and at most `to`. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly pictures: number;
  /** Mean probability of the likeliest class, and the share of pictures that are of it. Both are 0 where there are no pictures. */
  readonly confidence: number;
  readonly accuracy: number;
}

/** How far the probabilities of a classifier can be believed. */
export interface Reliability {
  /** What logits were divided by. */
  readonly temperature: number;
  readonly pictures: number;
  /** Expected calibration error, from 0 to 1. */
  readonly ece: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  readonly bins: readonly ReliabilityBin[];
}

/** Bins of equal width, as in Guo et al. 2017. */
const binCount = 15;

/** What a temperature may be. */
export const temperatureKind: Kind = {
  expected: 'a number above 0',
  is: (value) => Number.isFinite(value) && Number(value) > 0,
};

/**
 * Counts how sure and how right a classifier is, picture by picture, in memory that does not grow with them. Pictures whose logits are no
 * numbers count in nothing.
 */
export class ReliabilityTally {
  readonly #temperature: number;
  readonly #pictures = new Float64Array(binCount);
  readonly #confidence = new Float64Array(binCount);
  readonly #correct = new Float64Array(binCount);
  #loss = 0;

  constructor(temperature = 1) {
    this.#temperature = temperature;
  }

  /** K logits of a picture, and its true class. */
  add(logits: Float32Array, label: number): void {
    const predicted = argmax(logits);
    const most = logits[predicted];
    let total = 0;
    for (const logit of logits) total += exp((logit - most) / this.#temperature);
    if (!Number.isFinite(total)) return;
    const confidence = 1 / total;
    const bin = Math.min(Math.max(Math.ceil(confidence * binCount) - 1, 0), binCount - 1);
    this.#pictures[bin]++;
    this.#confidence[bin] += confidence;
    if (predicted === label) this.#correct[bin]++;
    this.#loss += log(total) - (logits[label] - most) / this.#temperature;
  }

  /** Sums, for those of others to be added to. */
  get sums(): readonly number[] {
    return [this.#loss, ...this.#pictures, ...this.#confidence, ...this.#correct];
  }

  /** What it comes to. */
  reliability(): Reliability {
    return reliabilityOfSums([this.sums], this.#temperature);
  }
}

/**
 * What the sums of several tallies come to: ECE = Σ_m |B_m|/n · |acc(B_m) − conf(B_m)| over 15 bins of equal width (Guo et al. 2017, "On
 * Calibration of Modern Neural Networks", equation 3).
 */
export function reliabilityOfSums(all: readonly (readonly number[])[], temperature = 1): Reliability {
  const at = (index: number): number => all.reduce((total, sums) => total + sums[index], 0);
  const bins = Array.from({ length: binCount }, (_, bin): ReliabilityBin => {
    const pictures = at(1 + bin);
    const of = (sum: number): number => (pictures === 0 ? 0 : sum / pictures);
    return {
      ...{ from: bin / binCount, to: (bin + 1) / binCount, pictures },
      ...{ confidence: of(at(1 + binCount + bin)), accuracy: of(at(1 + 2 * binCount + bin)) },
    };
  });
  const pictures = bins.reduce((total, bin) => total + bin.pictures, 0);
  const gaps = bins.reduce((total, bin) => total + bin.pictures * Math.abs(bin.accuracy - bin.confidence), 0);
  const of = (sum: number): number => (pictures === 0 ? 0 : sum / pictures);
  return { temperature, pictures, ece: of(gaps), loss: of(at(0)), bins };
}

/**
 * Reliability of logits N×K of pictures whose true classes are `labels` (N): what they are sure of against what they are right about, in 15
 * bins, and the expected calibration error (Guo et al. 2017, equation 3). Probabilities are softmax(logits / temperature), 1 by default.
 * @throws {CardinalError} if logits and labels do not go together.
 */
export function reliabilityOf(
  logits: Float32Array,
  labels: Int32Array,
  options: { readonly temperature?: number | undefined } = {},
): Reliability {
  const rows = labelledRows('reliabilityOf', logits, labels);
  checkOptions('reliabilityOf', options, { temperature: temperatureKind });
  const tally = new ReliabilityTally(options.temperature);
  rows((row, label) => {
    tally.add(row, label);
  });
  return tally.reliability();
}

/** Goes over rows of K numbers with their labels. Throws a `CardinalError` unless there is a label below K for each row, and K ≥ 2. */
export function labelledRows(
  what: string,
  numbers: Float32Array,
  labels: Int32Array,
): (each: (row: Float32Array, label: number, index: number) => void) => void {
  requireFloats(numbers, `${what}: the numbers of pictures by class`);
  checkKind(what, 'the labels', labels, labelsKind);
  const classes = numbers.length / labels.length;
  if (!Number.isInteger(classes) || classes < 2) {
    throw new CardinalError(
      `${what}: expected pictures × classes numbers, of two classes at least, and a label for each picture, got ${numbers.length} numbers and ${labels.length} labels`,
    );
  }
  const other = labels.find((label) => label < 0 || label >= classes);
  if (other !== undefined) {
    throw new CardinalError(`${what}: expected labels from 0 to ${classes - 1}, got ${other}`);
  }
  return (each) => {
    labels.forEach((label, index) => {
      each(numbers.subarray(index * classes, (index + 1) * classes), label, index);
    });
  };
}

const labelsKind: Kind = {
  expected: 'an Int32Array of one class for each picture',
  is: (value) => Object.prototype.toString.call(value) === '[object Int32Array]',
};
