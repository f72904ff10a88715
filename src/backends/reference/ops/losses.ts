import type { LossOps } from '../../../graph/ops/losses.ts';
import type { Kernels, Tensor } from '../kernel.ts';

export const lossKernels: Kernels<LossOps> = {
  binary_cross_entropy_with_logits: (attrs, [logits, target], [loss]) => {
    let sum = 0;
    logits.data.forEach((x, at) => {
      sum += binary(attrs, x, target.data[at], at % logits.shape[1]).loss;
    });
    loss.data[0] = sum / terms(logits, attrs);
  },

  binary_cross_entropy_with_logits_backward: (attrs, [logits, target, dloss], [dlogits]) => {
    const scale = dloss.data[0] / terms(logits, attrs);
    logits.data.forEach((x, at) => {
      dlogits.data[at] = scale * binary(attrs, x, target.data[at], at % logits.shape[1]).slope;
    });
  },

  softmax_focal_loss: ({ gamma, labelSmoothing }, [logits, target], [loss]) => {
    let sum = 0;
    for (let n = 0; n < logits.shape[0]; n++) {
      const { p, rest, logP } = softmaxOf(logits, n);
      const t = smoothed(target, n, labelSmoothing);
      p.forEach((_, k) => {
        sum -= t[k] * power(rest[k], gamma) * logP[k];
      });
    }
    loss.data[0] = sum / logits.shape[0];
  },

  softmax_focal_loss_backward: ({ gamma, labelSmoothing }, [logits, target, dloss], [dlogits]) => {
    const [batch, classes] = logits.shape;
    for (let n = 0; n < batch; n++) {
      const { p, rest, logP } = softmaxOf(logits, n);
      const t = smoothed(target, n, labelSmoothing);
      // pₖ times the derivative of row k's term by pₖ.
      const slopes = p.map((share, k) => {
        const bent = gamma === 0 ? 0 : gamma * share * power(rest[k], gamma - 1) * logP[k];
        return t[k] * (bent - power(rest[k], gamma));
      });
      const total = slopes.reduce((sum, slope) => sum + slope, 0);
      p.forEach((share, k) => {
        dlogits.data[n * classes + k] = (dloss.data[0] / batch) * (slopes[k] - share * total);
      });
    }
  },
};

function terms({ shape: [rows, classes] }: Tensor, { sumClasses }: { readonly sumClasses: boolean }): number {
  return sumClasses ? rows : rows * classes;
}

/** The loss of label k and its derivative by the logit. */
function binary(
  { scale, offset, threshold, gamma, alpha, posWeight }: LossOps['binary_cross_entropy_with_logits'],
  x: number,
  target: number,
  k: number,
): { readonly loss: number; readonly slope: number } {
  const soft = scale * target + offset;
  const t = threshold === null ? soft : soft > threshold ? 1 : 0;
  // Neither p nor 1 − p is the difference of numbers that are nearly the same.
  const [p, no] = [1 / (1 + Math.exp(-x)), 1 / (1 + Math.exp(x))];
  if (posWeight !== null) {
    const softplus = (y: number): number => Math.max(y, 0) + Math.log1p(Math.exp(-Math.abs(y)));
    const w = posWeight[k];
    return { loss: w * t * softplus(-x) + (1 - t) * softplus(x), slope: (1 - t) * p - w * t * no };
  }
  const entropy = Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
  const weight = alpha === null ? 1 : alpha * t + (1 - alpha) * (1 - t);
  const wrong = no * t + p * (1 - t);
  const factor = power(wrong, gamma);
  const bent = gamma === 0 ? 0 : gamma * power(wrong, gamma - 1) * p * no * (2 * t - 1) * entropy;
  return { loss: weight * factor * entropy, slope: weight * (factor * (p - t) - bent) };
}

/** base^exponent, where what it is multiplied by vanishes faster than it grows: 0 for 0 to a negative power. */
function power(base: number, exponent: number): number {
  return base === 0 && exponent < 0 ? 0 : base ** exponent;
}

function softmaxOf(logits: Tensor, n: number) {
  const row = rowOf(logits, n);
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
  const best = Math.max(0, row.indexOf(top));
  const powers = row.map((logit) => Math.exp(logit - top));
  const others = powers.reduce((all, one, k) => (k === best ? all : all + one), 0);
  const sum = others + powers[best];
  return {
    p: powers.map((one) => one / sum),
    // 1 − p, of the largest from what the others are, however little.
    rest: powers.map((one, k) => (k === best ? others : sum - one) / sum),
    logP: row.map((logit) => logit - top - Math.log(sum)),
  };
}

function smoothed(target: Tensor, n: number, smoothing: number): Float64Array {
  const row = rowOf(target, n);
  return row.map((probability) => (1 - smoothing) * probability + smoothing / row.length);
}

function rowOf({ shape, data }: Tensor, n: number): Float64Array {
  return Float64Array.from(data.subarray(n * shape[1], (n + 1) * shape[1]));
}
