import type { Value } from '../../../src/graph/value.ts';
import * as nn from '../../../src/nn/index.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';

/** Pictures as the runs of these tests see them. */
export const thumbnails = {
  channels: 3,
  size: [8, 8],
  resize: null,
  interpolation: 'bilinear',
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
} satisfies TrainOnOptions['preprocessing'];

/** A network of a program's own, N×3×H×W → N×2: the least that can be trained. */
export class PooledNetwork extends nn.Module {
  readonly pool = new nn.AdaptiveAvgPool2d(1);
  readonly head = new nn.Linear(3, 2);

  forward(x: Value): Value {
    return this.head(nn.F.flatten(this.pool(x), 1));
  }
}

/** One with a convolution, N×3×H×W → N×K. */
export class ConvNetwork extends nn.Module {
  readonly conv: nn.Conv2d;
  readonly pool = new nn.AdaptiveAvgPool2d(1);
  readonly head: nn.Linear;

  constructor(width = 2, classes = 2) {
    super();
    this.conv = new nn.Conv2d(3, width, 3, { stride: 2 });
    this.head = new nn.Linear(width, classes);
  }

  forward(x: Value): Value {
    return this.head(nn.F.flatten(this.pool(nn.F.relu(this.conv(x))), 1));
  }
}
