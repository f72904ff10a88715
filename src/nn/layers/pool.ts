import type { Value } from '../../graph/value.ts';
import type { Size } from '../arguments.ts';
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  type AdaptiveSize,
  maxPool2d,
  type PoolOptions,
} from '../functional.ts';
import { Module } from '../module.ts';

/** N×C×H×W → N×C×P×Q: the largest value of each window; padding counts as −∞. */
export class MaxPool2d extends Module {
  readonly kernelSize: Size;
  readonly #options: PoolOptions;

  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.#options = options;
  }

  forward(x: Value): Value {
    return maxPool2d(x, this.kernelSize, this.#options);
  }
}

/** N×C×H×W → N×C×P×Q: the mean of each window. */
export class AvgPool2d extends Module {
  readonly kernelSize: Size;
  readonly #options: PoolOptions & { readonly countIncludePad?: boolean };

  constructor(kernelSize: Size, options: PoolOptions & { readonly countIncludePad?: boolean } = {}) {
    super();
    this.kernelSize = kernelSize;
    this.#options = options;
  }

  forward(x: Value): Value {
    return avgPool2d(x, this.kernelSize, this.#options);
  }
}

/**
 * N×C×H×W → N×C×P×Q, [P, Q] = `outputSize`: the means of windows that begin at ⌊p·H/P⌋ and end at ⌈(p + 1)·H/P⌉; null keeps a size.
 * 1 is the mean of each channel.
 */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    this.outputSize = outputSize;
  }

  forward(x: Value): Value {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** N×C×H×W → N×C×P×Q: the largest value of each of the windows that `AdaptiveAvgPool2d` has. */
export class AdaptiveMaxPool2d extends Module {
  readonly outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    this.outputSize = outputSize;
  }

  forward(x: Value): Value {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}
