import type { Value } from '../../graph/value.ts';
import { checkInterpolate, interpolate, type InterpolateOptions } from '../functional/interpolate.ts';
import { Module } from '../module.ts';

/** A picture of another size, N×C×H×W → N×C×P×Q: `F.interpolate` as a module. */
export class Upsample extends Module {
  static override readonly typeName: string = 'Upsample';

  readonly #options: InterpolateOptions;

  constructor(options: InterpolateOptions) {
    super();
    this.#options = checkInterpolate('Upsample', options);
  }

  forward(x: Value): Value {
    return interpolate(x, this.#options);
  }
}
