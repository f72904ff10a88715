import { checkOptions, flag } from '../../base/options.ts';
import type { Value } from '../../graph/value.ts';
import { share } from '../arguments.ts';
import { checkFlatten, flatten, hardsigmoid, relu, relu6 } from '../functional.ts';
import { Module } from '../module.ts';
import { currentTracing } from '../tracing.ts';

/** ReLU, max(x, 0), element by element. `inplace` is accepted for PyTorch's sake; the plan decides which memory is reused. */
export class ReLU extends Module {
  static override readonly typeName: string = 'ReLU';

  readonly inplace: boolean;

  constructor(options: { readonly inplace?: boolean } = {}) {
    super();
    checkOptions('ReLU', options, { inplace: flag });
    this.inplace = options.inplace ?? false;
  }

  forward(x: Value): Value {
    return relu(x);
  }
}

/** ReLU6, min(max(x, 0), 6), element by element. `inplace` is accepted for PyTorch's sake. */
export class ReLU6 extends Module {
  static override readonly typeName: string = 'ReLU6';

  readonly inplace: boolean;

  constructor(options: { readonly inplace?: boolean } = {}) {
    super();
    checkOptions('ReLU6', options, { inplace: flag });
    this.inplace = options.inplace ?? false;
  }

  forward(x: Value): Value {
    return relu6(x);
  }
}

/** Hardsigmoid, relu6(x + 3)/6, element by element. `inplace` is accepted for PyTorch's sake. */
export class Hardsigmoid extends Module {
  static override readonly typeName: string = 'Hardsigmoid';

  readonly inplace: boolean;

  constructor(options: { readonly inplace?: boolean } = {}) {
    super();
    checkOptions('Hardsigmoid', options, { inplace: flag });
    this.inplace = options.inplace ?? false;
  }

  forward(x: Value): Value {
    return hardsigmoid(x);
  }
}

/** Returns its input. */
export class Identity extends Module {
  static override readonly typeName: string = 'Identity';

  forward(x: Value): Value {
    return x;
  }
}

/** Flattens all but the batch: N×C×H×W → N×(C·H·W). PyTorch's defaults are the only dimensions. */
export class Flatten extends Module {
  static override readonly typeName: string = 'Flatten';

  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim = 1, endDim = -1) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
    checkFlatten('Flatten', startDim, endDim);
  }

  forward(x: Value): Value {
    return flatten(x, this.startDim, this.endDim);
  }
}

/** In training zeroes each element with probability `p` and scales the others by 1/(1−p); otherwise does nothing. */
export class Dropout extends Module {
  static override readonly typeName: string = 'Dropout';

  readonly p: number;

  constructor(p = 0.5) {
    super();
    this.p = share('Dropout', 'p', p);
  }

  forward(x: Value): Value {
    const tracing = currentTracing('Dropout');
    if (!tracing.training || this.p === 0) return x;
    const { seed, stream } = tracing.dropout();
    return tracing.graph.apply1('dropout', [x, seed], { p: this.p, stream, offset: 0 });
  }
}
