import { CardinalError } from '../../base/errors.ts';
import { checkOptions, wholeFrom } from '../../base/options.ts';
import { formatShape, type Value } from '../../graph/value.ts';
import { whole } from '../arguments.ts';
import { Module } from '../module.ts';
import { currentTracing } from '../tracing.ts';

/** Options of `BlurPool2d`. */
export interface BlurPool2dOptions {
  /** R: 3 is 1 2 1 in both directions, 5 is 1 4 6 4 1. */
  readonly filterSize?: number;
  readonly stride?: number;
}

/**
 * Subsampling behind a binomial filter (Zhang 2019), N×C×H×W → N×C×P×Q, P = ⌊(H + 2·padding − R)/stride⌋ + 1: what aliases is blurred
 * away first. The picture is reflected at its edges, as timm's `BlurPool2d` does. It has no parameters.
 */
export class BlurPool2d extends Module {
  static override readonly typeName: string = 'BlurPool2d';

  readonly channels: number;
  readonly filterSize: number;
  readonly stride: number;

  constructor(channels: number, options: BlurPool2dOptions = {}) {
    super();
    checkOptions('BlurPool2d', options, { filterSize: wholeFrom(2), stride: wholeFrom(1) });
    this.channels = whole('BlurPool2d', 'channels', channels, 1);
    this.filterSize = options.filterSize ?? 3;
    this.stride = options.stride ?? 2;
  }

  forward(x: Value): Value {
    const { graph } = currentTracing('BlurPool2d');
    if (x.shape[1] !== this.channels) {
      throw new CardinalError(`BlurPool2d: expected ${this.channels} channels, got ${formatShape(x.shape)}`);
    }
    const { filterSize, stride } = this;
    return graph.apply1('blur_pool2d', [x], { filterSize, stride });
  }
}
