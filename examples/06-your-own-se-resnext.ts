/**
 * An SE-ResNeXt with layer scale, written from scratch with `nn.*` and `F.*`: a block whose arithmetic no layer has. Run it with
 * `node examples/06-your-own-se-resnext.ts [weights]`: it does one forward and backward pass and prints logits, loss, and of every gradient
 * its sum and its length. With weights that the same network in PyTorch saved, these are what PyTorch gives.
 */
import { computeGradients, F, nn, type Value } from 'cardinal-nn';
import { createBackend, loadWeights } from 'cardinal-nn/node';

/** Squeeze and excitation: each channel of a picture is multiplied by a gate that follows from the means of all (Hu et al. 2018). */
class SqueezeExcite extends nn.Module {
  readonly fc1: nn.Conv2d;
  readonly fc2: nn.Conv2d;

  constructor(channels: number, reduced: number) {
    super();
    this.fc1 = new nn.Conv2d(channels, reduced, 1);
    this.fc2 = new nn.Conv2d(reduced, channels, 1);
  }

  forward(x: Value): Value {
    const squeezed = F.mean(x, [2, 3], { keepdim: true });
    return F.mul(x, F.sigmoid(this.fc2(F.relu(this.fc1(squeezed)))));
  }
}

/** A residual block of grouped convolutions whose branch is gated, scaled by γ and, in training, now and then left out. */
class Block extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly bn1: nn.BatchNorm2d;
  readonly conv2: nn.Conv2d;
  readonly bn2: nn.BatchNorm2d;
  readonly conv3: nn.Conv2d;
  readonly bn3: nn.BatchNorm2d;
  readonly se: SqueezeExcite;
  readonly gamma: nn.Parameter;
  readonly dropPath: nn.DropPath;
  readonly downsample: nn.Sequential | undefined;

  constructor(
    inside: number,
    width: number,
    outside: number,
    groups: number,
    stride: number,
    dropPath: number,
  ) {
    super();
    this.conv1 = new nn.Conv2d(inside, width, 1, { bias: false });
    this.bn1 = new nn.BatchNorm2d(width);
    this.conv2 = new nn.Conv2d(width, width, 3, { stride, padding: 1, groups, bias: false });
    this.bn2 = new nn.BatchNorm2d(width);
    this.conv3 = new nn.Conv2d(width, outside, 1, { bias: false });
    this.bn3 = new nn.BatchNorm2d(outside);
    this.se = new SqueezeExcite(outside, outside / 4);
    // A bare parameter of a number for each channel.
    this.gamma = new nn.Parameter([outside], ([channels]) => new Float32Array(channels).fill(0.5));
    this.dropPath = new nn.DropPath(dropPath);
    if (stride > 1 || inside !== outside) {
      this.downsample = new nn.Sequential(
        new nn.Conv2d(inside, outside, 1, { stride, bias: false }),
        new nn.BatchNorm2d(outside),
      );
    }
  }

  forward(x: Value): Value {
    let branch = F.relu(this.bn1(this.conv1(x)));
    branch = F.relu(this.bn2(this.conv2(branch)));
    branch = F.mul(this.se(this.bn3(this.conv3(branch))), this.gamma);
    return F.relu(F.add(this.dropPath(branch), this.downsample?.(x) ?? x));
  }
}

/** A narrow one for small pictures. */
class SEResNeXt extends nn.Module {
  readonly conv1 = new nn.Conv2d(3, 8, 3, { padding: 1, bias: false });
  readonly bn1 = new nn.BatchNorm2d(8);
  readonly layer1: nn.Sequential;
  readonly layer2: nn.Sequential;
  readonly fc: nn.Linear;

  constructor(classes: number, dropPath = 0) {
    super();
    this.layer1 = new nn.Sequential(new Block(8, 8, 16, 4, 1, 0), new Block(16, 8, 16, 4, 1, dropPath));
    this.layer2 = new nn.Sequential(new Block(16, 16, 24, 4, 2, dropPath));
    this.fc = new nn.Linear(24, classes);
  }

  forward(x: Value): Value {
    x = F.relu(this.bn1(this.conv1(x)));
    x = this.layer2(this.layer1(x));
    return this.fc(F.mean(x, [2, 3]));
  }
}

const network = new SEResNeXt(5).initialize(1);
if (process.argv.length > 2) await loadWeights(network, process.argv[2]);

const shape = [2, 3, 13, 11];
const data = Float32Array.from({ length: 2 * 3 * 13 * 11 }, (_, i) => Math.sin(i * i));
const backend = await createBackend();
const { logits, loss, gradients } = await computeGradients(network, {
  backend,
  input: { shape, data },
  target: [1, 4],
});
await backend.dispose();

const digits = (number: number): string => number.toPrecision(8);
console.log(`logits ${Array.from(logits.data, digits).join(' ')}`);
console.log(`loss ${digits(loss)}`);
for (const [name, gradient] of gradients) {
  const numbers = Array.from(gradient.data, Number);
  const sum = numbers.reduce((all, number) => all + number, 0);
  console.log(`${name} ${digits(sum)} ${digits(Math.hypot(...numbers))}`);
}
