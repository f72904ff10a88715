import { CardinalError } from '../base/errors.ts';
import { argmax } from '../base/argmax.ts';
import { exp } from '../base/portable-math.ts';
import { labelledRows, reliabilityOf, type Reliability } from './reliability.ts';

/** The temperature that makes a classifier's probabilities fit what it is right about, and what that changes. */
export interface Calibration {
  /** What logits are to be divided by: above 1 for a network that is too sure of itself. */
  readonly temperature: number;
  readonly before: Reliability;
  readonly after: Reliability;
}

/**
 * Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2): the T > 0 that minimises the mean
 * cross-entropy of softmax(logits / T). Which class is likeliest does not change. `logits` are N×K, of pictures that the network was not
 * trained on; `labels` (N) their true classes.
 *
 * The loss is convex in β = 1/T, with the slope Σ (E_p[z] − z_y) and the curvature Σ Var_p[z]. So β is bracketed and found by Newton's
 * method, which halves the bracket where it would leave it.
 * @throws {CardinalError} if logits and labels do not go together or are no numbers, or no temperature is best: where every picture is
 * classified right, smaller ones are better and better; where true classes have no larger logits than others, larger ones.
 */
export function calibrate(logits: Float32Array, labels: Int32Array): Calibration {
  const rows = labelledRows('calibrate', logits, labels);
  if (!logits.every(Number.isFinite)) {
    throw new CardinalError(
      'calibrate: some logits are NaN or infinity: the weights are damaged, or their training diverged',
    );
  }
  let wrong = 0;
  rows((row, label) => {
    if (row[label] < row[argmax(row)]) wrong++;
  });
  if (wrong === 0) {
    throw new CardinalError(
      `calibrate: all ${labels.length} pictures are classified right, which no temperature fits: take more pictures, or harder ones`,
    );
  }
  if (slopeAt(rows, 0).slope >= 0) {
    throw new CardinalError(
      `calibrate: the true classes of these ${labels.length} pictures have no larger logits than others, which no temperature fits: take a network that was trained on these classes`,
    );
  }
  const temperature = 1 / bestInverse((inverse) => slopeAt(rows, inverse));
  return {
    temperature,
    before: reliabilityOf(logits, labels),
    after: reliabilityOf(logits, labels, { temperature }),
  };
}

const mostSteps = 200;
/** Relative to what is found. */
const closeEnough = 1e-13;

/** Where a slope that grows, and is below 0 at 0, is 0. */
function bestInverse(at: (inverse: number) => Slope): number {
  let low = 0;
  let high = 1;
  // It comes to that, since some picture is wrong.
  while (at(high).slope < 0) {
    low = high;
    high *= 2;
  }
  let inverse = (low + high) / 2;
  for (let step = 0; step < mostSteps && high - low > closeEnough * high; step++) {
    const { slope, curvature } = at(inverse);
    if (slope === 0) return inverse;
    if (slope < 0) low = inverse;
    else high = inverse;
    const next = inverse - slope / curvature;
    const isWithin = next > low && next < high;
    if (isWithin && Math.abs(next - inverse) <= closeEnough * inverse) return next;
    inverse = isWithin ? next : (low + high) / 2;
  }
  return inverse;
}

interface Slope {
  readonly slope: number;
  readonly curvature: number;
}

/** First and second derivative of the summed cross-entropy with respect to β = 1/T. */
function slopeAt(rows: ReturnType<typeof labelledRows>, inverse: number): Slope {
  let slope = 0;
  let curvature = 0;
  rows((row, label) => {
    // From the largest logit down, so that nothing overflows.
    const most = row[argmax(row)];
    let total = 0;
    let mean = 0;
    let square = 0;
    for (const logit of row) {
      const z = logit - most;
      const weight = exp(inverse * z);
      total += weight;
      mean += weight * z;
      square += weight * z * z;
    }
    mean /= total;
    slope += mean - (row[label] - most);
    curvature += square / total - mean * mean;
  });
  return { slope, curvature };
}
