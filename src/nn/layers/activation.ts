import type { Value } from '../../graph/value.ts';
import { share } from '../arguments.ts';
import { flatten, relu, relu6 } from '../functional.ts';
import { Module } from '../module.ts';
import { currentTracing } from '../tracing.ts';

/** max(x, 0). `inplace` is accepted for PyTorch's sake; the plan decides which memory is reused. */
export class ReLU extends Module {
  readonly inplace: boolean;

  constructor({ inplace = false }: { readonly inplace?: boolean } = {}) {
    super();
    this.inplace = inplace;
  }

  forward(x: Value): Value {
    return relu(x);
  }
}

/** min(max(x, 0), 6). `inplace` is accepted for PyTorch's sake. */
export class ReLU6 extends Module {
  readonly inplace: boolean;

  constructor({ inplace = false }: { readonly inplace?: boolean } = {}) {
    super();
    this.inplace = inplace;
  }

  forward(x: Value): Value {
    return relu6(x);
  }
}

/** Gives back its input. */
export class Identity extends Module {
  forward(x: Value): Value {
    return x;
  }
}

/** N×C×H×W → N×(C·H·W). */
export class Flatten extends Module {
  readonly startDim: number;

  constructor(startDim = 1) {
    super();
    this.startDim = startDim;
  }

  forward(x: Value): Value {
    return flatten(x, this.startDim);
  }
}

/** In training zeroes each element with probability `p` and scales the others by 1/(1−p); otherwise does nothing. */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    super();
    this.p = share('Dropout', 'p', p);
  }

  forward(x: Value): Value {
    const tracing = currentTracing('Dropout');
    if (!tracing.training || this.p === 0) return x;
    const { seed, stream } = tracing.dropout();
    return tracing.graph.apply1('dropout', [x, seed], { p: this.p, stream });
  }
}
