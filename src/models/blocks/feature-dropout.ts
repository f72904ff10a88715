import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { Module } from '../../nn/index.ts';
import { currentTracing } from '../../nn/tracing.ts';

/**
 * PyTorch's `Dropout2d` (Tompson et al., CVPR 2015, arXiv 1411.4280): in training drops whole feature maps with probability `p` and
 * multiplies the others by 1/(1−p); otherwise it does nothing. N×C×H×W → the same.
 */
export class FeatureDropout extends Module {
  static override readonly typeName: string = 'Dropout2d';

  /** As in PyTorch it may be set. */
  p: number;

  constructor(p: number) {
    super();
    this.p = p;
  }

  forward(x: Value): Value {
    if (!currentTracing('Dropout2d').training || this.p === 0) return x;
    const [n, c, h, w] = x.shape;
    // A feature map is to this what a picture is to stochastic depth.
    const kept = F.dropPath(F.reshape(x, [n * c, 1, h, w]), this.p);
    return F.reshape(kept, [n, c, h, w]);
  }
}
