import type { Value } from '../../graph/value.ts';
import * as F from '../../nn/functional/index.ts';
import { Conv2d, LayerNorm2d, Module, ReLU } from '../../nn/index.ts';
import * as init from '../../nn/init.ts';

/** Two 1×1 convolutions with layer norm and ReLU between them, N×C×1×1 → the same. */
class Transform extends Module {
  static override readonly typeName: string = 'ConvMlp';

  readonly fc1: Conv2d;
  readonly norm: LayerNorm2d;
  readonly act: ReLU;
  readonly fc2: Conv2d;

  constructor(channels: number, reducedChannels: number) {
    super();
    this.fc1 = new Conv2d(channels, reducedChannels, 1);
    this.norm = new LayerNorm2d(reducedChannels, { eps: 1e-6 });
    this.act = new ReLU();
    this.fc2 = new Conv2d(reducedChannels, channels, 1);
  }

  forward(x: Value): Value {
    return this.fc2(this.act(this.norm(this.fc1(x))));
  }
}

/**
 * Global context (Cao et al., ICCV workshops 2019, arXiv 1904.11492): channels are averaged with weights of places that attention
 * gives, and what a bottleneck makes of these means is added everywhere. N×C×H×W → the same.
 */
export class GlobalContext extends Module {
  static override readonly typeName: string = 'GlobalContext';

  readonly conv_attn: Conv2d;
  readonly mlp_add: Transform;

  constructor(channels: number, reducedChannels: number) {
    super();
    this.conv_attn = new Conv2d(channels, 1, 1);
    this.mlp_add = new Transform(channels, reducedChannels);
    this.initializeWeights();
  }

  /** timm's, which comes behind that of a whole network: it begins as the identity. */
  initializeWeights(): void {
    init.kaimingNormal_(this.conv_attn.weight, { mode: 'fan_in', nonlinearity: 'relu' });
    init.zeros_(this.mlp_add.fc2.weight);
  }

  forward(x: Value): Value {
    const [n, , h, w] = x.shape;
    const places = F.softmax(F.reshape(this.conv_attn(x), [n, h * w]), -1);
    const context = F.sum(F.mul(x, F.reshape(places, [n, 1, h, w])), [2, 3], { keepdim: true });
    return F.add(x, this.mlp_add(context));
  }
}
