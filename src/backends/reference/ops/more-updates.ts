import type { MoreUpdateOps } from '../../../graph/ops/more-updates.ts';
import { reader, type Kernels } from '../kernel.ts';
import { between } from './update.ts';

/** Element by element, but for LAMB's norms, so the stored order does not matter. */
export const moreUpdateKernels: Kernels<MoreUpdateOps> = {
  rmsprop: (attrs, inputs) => {
    const read = reader(inputs);
    const parameter = read.next().data;
    const gradient = read.next().data;
    const squareAverage = read.next().data;
    const buffer = read.nextIf(attrs.momentum)?.data;
    const [lr, alpha, rest, epsilon, momentum, weightDecay] = read.next().data;
    const coefficient = read.nextIf(attrs.clip)?.data[0] ?? 1;
    for (let i = 0; i < parameter.length; i++) {
      const g = coefficient * gradient[i] + (attrs.decay ? weightDecay * parameter[i] : 0);
      const s = between(squareAverage[i], g * g, alpha, rest);
      squareAverage[i] = s;
      let step = attrs.tensorflow ? (lr * g) / Math.sqrt(s + epsilon) : g / (Math.sqrt(s) + epsilon);
      if (buffer) {
        step += momentum * buffer[i];
        buffer[i] = step;
      }
      parameter[i] -= attrs.tensorflow ? step : lr * step;
    }
  },

  lion: (attrs, inputs) => {
    const read = reader(inputs);
    const parameter = read.next().data;
    const gradient = read.next().data;
    const average = read.next().data;
    const [lr, decay, beta1, rest1, beta2, rest2] = read.next().data;
    const coefficient = read.nextIf(attrs.clip)?.data[0] ?? 1;
    for (let i = 0; i < parameter.length; i++) {
      const g = coefficient * gradient[i];
      const direction = Math.sign(beta1 * average[i] + rest1 * g);
      parameter[i] -= (attrs.decay ? decay * parameter[i] : 0) + lr * direction;
      average[i] = between(average[i], g, beta2, rest2);
    }
  },

  lamb: (attrs, inputs) => {
    const read = reader(inputs);
    const parameter = read.next().data;
    const gradient = read.next().data;
    const average = read.next().data;
    const squareAverage = read.next().data;
    const [lr, weightDecay, epsilon, root, ...betas] = read.next().data;
    const coefficient = read.nextIf(attrs.clip)?.data[0] ?? 1;
    const direction = Float32Array.from(parameter, (p, i) => {
      const g = coefficient * gradient[i];
      const m = between(average[i], g, betas[0], betas[1]);
      const v = between(squareAverage[i], g * g, betas[2], betas[3]);
      average[i] = m;
      squareAverage[i] = v;
      return (m * betas[4]) / (Math.sqrt(v) * root + epsilon) + (attrs.decay ? weightDecay * p : 0);
    });
    const ratio = attrs.decay ? normOf(parameter) / normOf(direction) : 1;
    const rate = lr * (ratio > 0 && ratio < Infinity ? ratio : 1);
    for (let i = 0; i < parameter.length; i++) parameter[i] -= rate * direction[i];
  },
};

function normOf(data: Float32Array): number {
  return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
}
