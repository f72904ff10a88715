import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { Linear } from '../../nn/index.ts';
import { currentTracing } from '../../nn/tracing.ts';

/** A `Linear` of the channels of each pixel, N×F×H×W → N×K×H×W: what a 1×1 convolution does, with weights K×F. */
export class PixelLinear extends Linear {
  static override readonly typeName: string = 'PixelLinear';

  override forward(x: Value): Value {
    const tracing = currentTracing('PixelLinear');
    const weight = F.reshape(this.weight, [this.outFeatures, this.inFeatures, 1, 1]);
    const inputs = [x, weight];
    if (this.bias !== undefined) inputs.push(tracing.parameter(this.bias));
    return tracing.graph.apply1('conv2d', inputs, {
      ...{ stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 },
      ...{ bias: this.bias !== undefined, residual: false, activation: 'none' },
    });
  }
}
