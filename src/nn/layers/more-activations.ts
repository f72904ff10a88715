import { checkOptions, flag } from '../../base/options.ts';
import { usualSlope } from '../../graph/activation-rule.ts';
import type { Value } from '../../graph/value.ts';
import { finiteNumber } from '../arguments.ts';
import { checkGelu, gelu, hardswish, leakyRelu, sigmoid, silu, type GeluOptions } from '../functional.ts';
import { Module } from '../module.ts';

interface InPlace {
  /** Accepted for PyTorch's sake; the plan decides which memory is reused. */
  readonly inplace?: boolean;
}

/** SiLU (swish), x·sigmoid(x), element by element. */
export class SiLU extends Module {
  static override readonly typeName: string = 'SiLU';

  readonly inplace: boolean;

  constructor(options: InPlace = {}) {
    super();
    checkOptions('SiLU', options, { inplace: flag });
    this.inplace = options.inplace ?? false;
  }

  forward(x: Value): Value {
    return silu(x);
  }
}

/** Hardswish, x·relu6(x + 3)/6, element by element. */
export class Hardswish extends Module {
  static override readonly typeName: string = 'Hardswish';

  readonly inplace: boolean;

  constructor(options: InPlace = {}) {
    super();
    checkOptions('Hardswish', options, { inplace: flag });
    this.inplace = options.inplace ?? false;
  }

  forward(x: Value): Value {
    return hardswish(x);
  }
}

/** The logistic function, 1/(1 + e^−x), element by element. */
export class Sigmoid extends Module {
  static override readonly typeName: string = 'Sigmoid';

  forward(x: Value): Value {
    return sigmoid(x);
  }
}

/** GELU, x·Φ(x), element by element: with the distribution function of normal numbers, or `approximate: 'tanh'`. */
export class GELU extends Module {
  static override readonly typeName: string = 'GELU';

  readonly approximate: 'none' | 'tanh';

  constructor(options: GeluOptions = {}) {
    super();
    checkGelu('GELU', options);
    this.approximate = options.approximate ?? 'none';
  }

  forward(x: Value): Value {
    return gelu(x, { approximate: this.approximate });
  }
}

/** Leaky ReLU, x above 0 and negativeSlope·x below it, element by element. Throws a `CardinalError` if the slope is not finite. */
export class LeakyReLU extends Module {
  static override readonly typeName: string = 'LeakyReLU';

  readonly negativeSlope: number;
  readonly inplace: boolean;

  constructor(negativeSlope = usualSlope, options: InPlace = {}) {
    super();
    this.negativeSlope = finiteNumber('LeakyReLU', 'negativeSlope', negativeSlope);
    checkOptions('LeakyReLU', options, { inplace: flag });
    this.inplace = options.inplace ?? false;
  }

  forward(x: Value): Value {
    return leakyRelu(x, this.negativeSlope);
  }
}
