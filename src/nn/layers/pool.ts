import type { Value } from '../../graph/value.ts';
import { flag } from '../../base/options.ts';
import type { Size } from '../arguments.ts';
import {
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool2d,
  type AdaptiveSize,
  checkAdaptiveSize,
  checkPool,
  maxPool2d,
  type AvgPoolOptions,
  type PoolOptions,
} from '../functional.ts';
import { Module } from '../module.ts';

/** Max pooling, N×C×H×W → N×C×P×Q: the largest value of each window; padding counts as −∞. */
export class MaxPool2d extends Module {
  static override readonly typeName: string = 'MaxPool2d';

  readonly kernelSize: Size;
  readonly #options: PoolOptions;

  constructor(kernelSize: Size, options: PoolOptions = {}) {
    super();
    checkPool('MaxPool2d', kernelSize, options);
    this.kernelSize = kernelSize;
    this.#options = options;
  }

  forward(x: Value): Value {
    return maxPool2d(x, this.kernelSize, this.#options);
  }
}

/** Average pooling, N×C×H×W → N×C×P×Q: the mean of each window. */
export class AvgPool2d extends Module {
  static override readonly typeName: string = 'AvgPool2d';

  readonly kernelSize: Size;
  readonly #options: AvgPoolOptions;

  constructor(kernelSize: Size, options: AvgPoolOptions = {}) {
    super();
    checkPool('AvgPool2d', kernelSize, options, { countIncludePad: flag });
    this.kernelSize = kernelSize;
    this.#options = options;
  }

  forward(x: Value): Value {
    return avgPool2d(x, this.kernelSize, this.#options);
  }
}

/**
 * Average pooling to any output size, N×C×H×W → N×C×P×Q, [P, Q] = `outputSize`: the means of windows that begin at
 * ⌊p·H/P⌋ and end at ⌈(p + 1)·H/P⌉; null keeps a size. 1 is the mean of each channel.
 */
export class AdaptiveAvgPool2d extends Module {
  static override readonly typeName: string = 'AdaptiveAvgPool2d';

  readonly outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    checkAdaptiveSize('AdaptiveAvgPool2d', outputSize);
    this.outputSize = outputSize;
  }

  forward(x: Value): Value {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/** Max pooling to any output size, N×C×H×W → N×C×P×Q: the largest value of each of the windows that `AdaptiveAvgPool2d` has. */
export class AdaptiveMaxPool2d extends Module {
  static override readonly typeName: string = 'AdaptiveMaxPool2d';

  readonly outputSize: AdaptiveSize;

  constructor(outputSize: AdaptiveSize) {
    super();
    checkAdaptiveSize('AdaptiveMaxPool2d', outputSize);
    this.outputSize = outputSize;
  }

  forward(x: Value): Value {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}
