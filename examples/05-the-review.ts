/**
 * "Aggregated Residual Transformations for Deep Neural Networks": the review's PyTorch program, line for line; it lists the network and
 * runs it on noise. Run it with `node examples/05-the-review.ts`. Two lines do what the original meant and did not do: `num_classes` is
 * used, and γ of each block's last batch norm is zeroed after the others are set to one, not before.
 */
import { compile, nn, Rng, type Value } from 'cardinal-nn';
import { createBackend } from 'cardinal-nn/node';

class Bottleneck extends nn.Module {
  static readonly expansion = 2;

  readonly residual: nn.Sequential;
  readonly shortcut: nn.Module;
  readonly relu: nn.ReLU;

  constructor(in_channels: number, out_channels: number, cardinality = 32, stride = 1, projection = false) {
    super();
    const { expansion } = Bottleneck;
    this.residual = new nn.Sequential(
      new nn.Conv2d(in_channels, out_channels, 1, { bias: false }),
      new nn.BatchNorm2d(out_channels),
      new nn.ReLU({ inplace: true }),
      new nn.Conv2d(out_channels, out_channels, 3, { stride, padding: 1, groups: cardinality, bias: false }),
      new nn.BatchNorm2d(out_channels),
      new nn.ReLU({ inplace: true }),
      new nn.Conv2d(out_channels, out_channels * expansion, 1, { bias: false }),
      new nn.BatchNorm2d(out_channels * expansion),
    );
    if (projection) {
      this.shortcut = new nn.Sequential(
        new nn.Conv2d(in_channels, out_channels * expansion, 1, { stride }),
        new nn.BatchNorm2d(out_channels * expansion),
      );
    } else {
      this.shortcut = new nn.Identity();
    }
    this.relu = new nn.ReLU();
  }

  forward(x: Value): Value {
    const residual = this.residual(x);
    const shortcut = this.shortcut(x);
    return this.relu(nn.F.add(residual, shortcut));
  }
}

type BlockRepeat = readonly [channels: number, repeats: number];

class ResNeXt extends nn.Module {
  readonly conv1: nn.Sequential;
  readonly conv2_pool: nn.MaxPool2d;
  readonly expansion: number;
  readonly conv2_blocks: nn.Sequential;
  readonly conv3_blocks: nn.Sequential;
  readonly conv4_blocks: nn.Sequential;
  readonly conv5_blocks: nn.Sequential;
  readonly gap: nn.AdaptiveAvgPool2d;
  readonly classifier: nn.Linear;

  constructor(
    in_channels: number,
    block: typeof Bottleneck,
    expansion: number,
    cardinality: number,
    block_repeats: readonly BlockRepeat[],
    num_classes: number,
    zero_init_residual = true,
  ) {
    super();
    let out_channels: number;
    this.conv1 = new nn.Sequential(
      new nn.Conv2d(in_channels, 64, 7, { stride: 2, padding: 3 }),
      new nn.BatchNorm2d(64),
      new nn.ReLU({ inplace: true }),
    );
    this.conv2_pool = new nn.MaxPool2d(3, { stride: 2, padding: 1 });

    this.expansion = expansion;
    [out_channels, this.conv2_blocks] = this.stack_blocks(block, 64, block_repeats[0], cardinality, 2);
    [out_channels, this.conv3_blocks] = this.stack_blocks(
      block,
      out_channels,
      block_repeats[1],
      cardinality,
      2,
    );
    [out_channels, this.conv4_blocks] = this.stack_blocks(
      block,
      out_channels,
      block_repeats[2],
      cardinality,
      2,
    );
    [out_channels, this.conv5_blocks] = this.stack_blocks(
      block,
      out_channels,
      block_repeats[3],
      cardinality,
      2,
    );

    this.gap = new nn.AdaptiveAvgPool2d([1, 1]); // 1x1x2048
    this.classifier = new nn.Linear(out_channels, num_classes);

    for (const m of this.modules()) {
      if (m instanceof nn.Conv2d) {
        nn.init.kaimingNormal_(m.weight, { mode: 'fan_out', nonlinearity: 'relu' });
      } else if (m instanceof nn.BatchNorm2d) {
        nn.init.constant_(m.weight, 1);
        nn.init.constant_(m.bias, 0);
      }
    }
    // Zero-initialize the last BN in each residual branch: every block starts as the identity, which improves the model by
    // 0.2 to 0.3 % (https://arxiv.org/abs/1706.02677).
    for (const m of this.modules()) {
      const last = m instanceof block ? m.residual.at(-1) : undefined;
      if (zero_init_residual && last instanceof nn.BatchNorm2d) nn.init.constant_(last.weight, 0);
    }
  }

  stack_blocks(
    block: typeof Bottleneck,
    in_channel: number,
    block_repeat: BlockRepeat,
    cardinality: number,
    stride: number,
  ): [out_channels: number, blocks: nn.Sequential] {
    const stacked: nn.Module[] = [];
    const [c, repeats] = block_repeat;
    for (let i = 0; i < repeats; i++) {
      if (stride === 2 || in_channel !== c * this.expansion) {
        stacked.push(new block(in_channel, c, cardinality, stride, true));
        in_channel = c * this.expansion;
        stride = 1;
      } else {
        stacked.push(new block(in_channel, c, cardinality));
        in_channel = c * this.expansion;
      }
    }
    return [c * this.expansion, new nn.Sequential(...stacked)];
  }

  forward(x: Value): Value {
    x = this.conv1(x);
    x = this.conv2_pool(x);
    x = this.conv2_blocks(x);
    x = this.conv3_blocks(x);
    x = this.conv4_blocks(x);
    x = this.conv5_blocks(x);
    x = this.gap(x);
    x = nn.F.flatten(x, 1);
    const out = this.classifier(x);
    return out;
  }
}

const block_repeats = [
  [128, 3],
  [256, 4],
  [512, 6],
  [1024, 3],
] as const;
const expansion = 2;
const cardinality = 32;
const model = new ResNeXt(3, Bottleneck, expansion, cardinality, block_repeats, 1000);
console.log(String(nn.summary(model, { inputSize: [2, 3, 224, 224] })));

const backend = await createBackend();
const net = await compile(model, { input: [2, 3, 224, 224], backend });
const random = Rng.of(0, 'review');
const x = Float32Array.from({ length: 2 * 3 * 224 * 224 }, () => random.normal());
const out = await net.forward(x);
console.log(out.shape); // [ 2, 1000 ]
console.log(out.data.subarray(0, 6));
await net.dispose();
await backend.dispose();
