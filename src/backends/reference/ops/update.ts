import type { UpdateOps } from '../../../graph/ops/update.ts';
import { reader, type Kernels } from '../kernel.ts';

/** What happens between two steps. All of it is element by element, so the stored order does not matter. */
export const updateKernels: Kernels<UpdateOps> = {
  accumulate: (_, [accumulator, gradient, hyper]) => {
    const scale = hyper.data[0];
    for (let i = 0; i < gradient.data.length; i++) {
      // Not 0·accumulator: that would keep a NaN for ever.
      const before = scale === 0 ? 0 : scale * accumulator.data[i];
      accumulator.data[i] = before + gradient.data[i];
    }
  },

  /** torch.nn.utils.clip_grad_norm_; Pascanu et al. 2013 (arXiv 1211.5063). The coefficient is applied by the optimiser. */
  gradient_norm: (_, inputs, [norm, coefficient]) => {
    const gradients = inputs.slice(0, -1);
    const maxNorm = inputs[inputs.length - 1].data[0];
    let squares = 0;
    for (const { data } of gradients) {
      for (let i = 0; i < data.length; i++) squares += data[i] ** 2;
    }
    norm.data[0] = Math.sqrt(squares);
    coefficient.data[0] = Math.min(1, maxNorm / (Math.sqrt(squares) + 1e-6));
  },

  sgd: (attrs, inputs) => {
    const read = reader(inputs);
    const parameter = read.next().data;
    const gradient = read.next().data;
    const velocity = read.nextIf(attrs.momentum)?.data;
    const [lr, momentum, weightDecay] = read.next().data;
    const coefficient = read.nextIf(attrs.clip)?.data[0] ?? 1;
    for (let i = 0; i < parameter.length; i++) {
      const g = coefficient * gradient[i] + (attrs.decay ? weightDecay * parameter[i] : 0);
      let direction = g;
      if (velocity) {
        const next = momentum * velocity[i] + g;
        velocity[i] = next;
        direction = attrs.nesterov ? g + momentum * next : next;
      }
      parameter[i] -= lr * direction;
    }
  },

  /** Loshchilov and Hutter 2017 (arXiv 1711.05101), as torch.optim.AdamW computes it. */
  adamw: (attrs, inputs) => {
    const read = reader(inputs);
    const parameter = read.next().data;
    const gradient = read.next().data;
    const average = read.next().data;
    const squareAverage = read.next().data;
    const [step, decay, epsilon, root, ...betas] = read.next().data;
    const coefficient = read.nextIf(attrs.clip)?.data[0] ?? 1;
    for (let i = 0; i < parameter.length; i++) {
      const g = coefficient * gradient[i];
      const m = between(average[i], g, betas[0], betas[1]);
      const v = between(squareAverage[i], g * g, betas[2], betas[3]);
      average[i] = m;
      squareAverage[i] = v;
      const decayed = attrs.decay ? decay * parameter[i] : 0;
      parameter[i] -= decayed + (step * m) / (Math.sqrt(v) * root + epsilon);
    }
  },

  /** Polyak and Juditsky 1992, exponentially weighted. */
  ema: (_, [average, current, { data: hyper }]) => {
    for (let i = 0; i < average.data.length; i++) {
      average.data[i] = between(average.data[i], current.data[i], hyper[0], hyper[1]);
    }
  },
};

/** kept·from + rest·to, where kept + rest is 1 but for rounding. */
export function between(from: number, to: number, kept: number, rest: number): number {
  return rest < kept ? from + rest * (to - from) : to + kept * (from - to);
}
