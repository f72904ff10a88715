import { CardinalError } from '../base/errors.ts';
import { exp } from '../base/portable-math.ts';
import { requireFloats } from '../base/floats.ts';
import { checkKind, checkOptions, wholeFrom } from '../base/options.ts';
import { argmax } from '../base/argmax.ts';
import { labelledRows, temperatureKind } from './reliability.ts';

/** A picture whose label is probably wrong. */
export interface Mislabel {
  /** Which of the pictures. */
  readonly index: number;
  /** Its label, and the class that it is more probably of. */
  readonly label: number;
  readonly suggested: number;
  /** Probability of its label: its self-confidence; and by how much that of the class suggested is larger. */
  readonly probability: number;
  readonly margin: number;
}

/** What `findMislabels` finds. */
export interface Mislabels {
  /** The most suspicious first: those of the largest margin. */
  readonly found: readonly Mislabel[];
  /** By class, how probable it must be for a picture to count as of it: the mean self-confidence of those labelled so; NaN of a class without any. */
  readonly thresholds: readonly number[];
  /** The estimated numbers of pictures by given label (row) and true class (column); rows add up to the pictures labelled so. */
  readonly joint: readonly (readonly number[])[];
}

/**
 * Pictures whose label is probably wrong, by confident learning (Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating
 * Uncertainty in Dataset Labels", sections 3.1 and 3.2): a picture counts as of class j if its probability of j is at least the mean
 * self-confidence t_j of those labelled j; of several such classes, as of the most probable (the confident joint, equation 1). Pictures that
 * count as of another class than their label are suspected (their `C_ỹ,y*`), ranked by the margin p(suggested) − p(label).
 *
 * `probabilities` are N×K (`probabilitiesOf` makes them of logits), and must be out of sample: a network that was trained on a picture has
 * learned its label, and judges it too kindly. `labels` (N) are the given labels. Classes are weighed by themselves, so a network that
 * is less sure of some class does not suspect all of it.
 * @throws {CardinalError} if probabilities and labels do not go together.
 */
export function findMislabels(probabilities: Float32Array, labels: Int32Array): Mislabels {
  const rows = labelledRows('findMislabels', probabilities, labels);
  if (probabilities.some((probability) => !(probability >= 0 && probability <= 1))) {
    throw new CardinalError(
      'findMislabels: expected probabilities from 0 to 1: probabilitiesOf makes them of logits',
    );
  }
  const classes = probabilities.length / labels.length;
  const thresholds = thresholdsOf(rows, classes);
  const counts = matrix(classes);
  const found: Mislabel[] = [];
  rows((row, label, index) => {
    const suggested = confidentClass(row, thresholds);
    if (suggested === undefined) return;
    counts[label][suggested]++;
    if (suggested === label) return;
    found.push({
      ...{ index, label, suggested, probability: row[label] },
      margin: row[suggested] - row[label],
    });
  });
  found.sort((a, b) => b.margin - a.margin || a.index - b.index);
  return { found, thresholds, joint: calibratedJoint(counts, labels) };
}

/** Softmax of logits N×K, divided by a temperature if one is given: N×K probabilities. */
export function probabilitiesOf(
  logits: Float32Array,
  options: { readonly classes: number; readonly temperature?: number | undefined },
): Float32Array {
  requireFloats(logits, 'probabilitiesOf: the logits');
  checkOptions('probabilitiesOf', options, { classes: wholeFrom(1), temperature: temperatureKind }, [
    'classes',
  ]);
  const { classes, temperature = 1 } = options;
  checkKind('probabilitiesOf', 'the logits', logits, {
    expected: `pictures × ${classes} numbers`,
    is: () => logits.length % classes === 0,
  });
  const probabilities = new Float32Array(logits.length);
  for (let first = 0; first < logits.length; first += classes) {
    const row = logits.subarray(first, first + classes);
    const most = row[argmax(row)];
    const weights = Array.from(row, (logit) => exp((logit - most) / temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    probabilities.set(
      weights.map((weight) => weight / total),
      first,
    );
  }
  return probabilities;
}

/** t_j: the mean probability of class j over the pictures labelled j. */
function thresholdsOf(rows: ReturnType<typeof labelledRows>, classes: number): number[] {
  const sums = Array.from({ length: classes }, () => 0);
  const totals = Array.from({ length: classes }, () => 0);
  rows((row, label) => {
    sums[label] += row[label];
    totals[label]++;
  });
  return sums.map((sum, label) => sum / totals[label]);
}

/** The most probable of the classes whose threshold a picture reaches; nothing reaches that of a class without pictures. */
function confidentClass(row: Float32Array, thresholds: readonly number[]): number | undefined {
  let best: number | undefined;
  row.forEach((probability, label) => {
    if (probability >= thresholds[label] && (best === undefined || probability > row[best])) best = label;
  });
  return best;
}

/** Counts scaled so that each row adds up to the pictures of its label (equation 2, before it is divided by their number). */
function calibratedJoint(counts: readonly (readonly number[])[], labels: Int32Array): number[][] {
  return counts.map((row, label) => {
    const given = labels.reduce((total, one) => (one === label ? total + 1 : total), 0);
    const counted = row.reduce((total, one) => total + one, 0);
    // Of those that count as of no class nothing is known but their label.
    if (counted === 0) return row.map((_, other) => (other === label ? given : 0));
    return row.map((one) => (one / counted) * given);
  });
}

function matrix(size: number): number[][] {
  return Array.from({ length: size }, () => Array.from({ length: size }, () => 0));
}
