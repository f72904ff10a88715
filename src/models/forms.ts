import { CardinalError } from '../base/errors.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional.ts';
import { BatchNorm2d, Module, ModuleList, type Conv2d } from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { innerWidth, plainParts, ResidualBlock, type BlockOptions, type BlockParts } from './block.ts';
import { Bottleneck, checkBlock, conv1x1, conv3x3 } from './resnet.ts';
import { makeShortcut } from './shortcut.ts';

/**
 * The three equivalent forms of a ResNeXt block (Xie et al. 2017, arXiv 1611.05431, Figure 3): (a) C paths whose outputs
 * are summed, (b) C paths whose outputs are concatenated before one last 1×1 convolution, (c) a grouped convolution.
 * (a) is (b) because a 1×1 convolution of concatenated channels is the sum of convolutions of each part; (b) is (c) because
 * paths that share nothing are groups. `convertForm` turns weights of one into weights of another. Training uses (c).
 *
 * Normalisation is placed so that they stay equal (section 4): a batch norm and a ReLU follow each convolution inside a
 * path, where every channel is normalised for itself and it does not matter which path has it; the last batch norm comes
 * after the aggregation and before the addition of the shortcut, in (a) once for the sum and not for each path.
 */

/**
 * The beginning of one transformation, N×C×H×W → N×d×(H/stride)×(W/stride): 1×1 to d channels, then 3×3, with batch norm and
 * ReLU after each.
 */
class Path extends Module {
  static override readonly typeName: string = 'Path';

  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly relu: Module;

  constructor(inChannels: number, width: number, stride: number, { activation }: BlockParts) {
    super();
    this.conv1 = conv1x1(inChannels, width);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv3x3(width, width, stride);
    this.bn2 = new BatchNorm2d(width);
    this.relu = activation();
  }

  forward(x: Value): Value {
    const out = this.relu(this.bn1(this.conv1(x)));
    return this.relu(this.bn2(this.conv2(out)));
  }
}

/** A whole transformation Tᵢ of equation 2, → N×(4·planes)×…: a path with a 1×1 convolution of its own at the end. */
class Transformation extends Path {
  static override readonly typeName: string = 'Transformation';

  readonly conv3: Conv2d;

  constructor(inChannels: number, width: number, outChannels: number, stride: number, parts: BlockParts) {
    super(inChannels, width, stride, parts);
    this.conv3 = conv1x1(width, outChannels);
  }

  override forward(x: Value): Value {
    return this.conv3(super.forward(x));
  }
}

/** What forms (a) and (b) share: C paths, what joins them, and from there on all that (c) does. */
abstract class PathsBottleneck extends ResidualBlock {
  static readonly expansion = Bottleneck.expansion;

  abstract readonly paths: ModuleList;
  abstract readonly bn3: BatchNorm2d;

  constructor({ shortcut, depthwise = false, parts }: BlockOptions) {
    super(shortcut);
    if (depthwise) {
      throw new CardinalError(
        'forms (a) and (b): expected as many paths in every stage, got depthwise; use form c',
      );
    }
    if (parts?.antialias !== undefined) {
      throw new CardinalError('forms (a) and (b): expected no antialiasing inside a path; use form c');
    }
  }

  get last(): BatchNorm2d {
    return this.bn3;
  }

  /**
   * As `initializeResNet` draws form (c): PyTorch's fan_out ignores groups, so it is that of all C paths together. Kaiming's
   * for each path alone would begin √C times as large.
   */
  override initializeWeights(): void {
    const paths = this.paths.length;
    for (const path of this.paths) {
      if (!(path instanceof Path)) continue;
      for (const { weight } of [path.conv1, path.conv2]) {
        const { fanOut } = init.fans(weight.shape);
        init.normal_(weight, 0, init.gainOf('relu') / Math.sqrt(paths * fanOut));
      }
    }
  }

  forward(x: Value): Value {
    return this.joined(this.bn3(this.aggregate(this.paths.children().map((path) => path(x)))), x);
  }

  /** What the paths give, N×(4·planes)×(H/stride)×(W/stride) when joined. */
  protected abstract aggregate(outputs: readonly Value[]): Value;
}

/** Form (a): y = x + Σᵢ Tᵢ(x), equation 3. `paths.i` has `conv1`, `bn1`, `conv2`, `bn2`, `conv3`; `bn3` follows the sum. */
export class AggregatedBottleneck extends PathsBottleneck {
  static override readonly typeName: string = 'AggregatedBottleneck';

  readonly paths: ModuleList;
  readonly bn3: BatchNorm2d;
  readonly relu: Module;
  readonly se: Module | undefined;
  readonly downsample: Module | undefined;
  readonly drop_path: Module | undefined;

  constructor(inChannels: number, planes: number, options: BlockOptions) {
    checkBlock('AggregatedBottleneck', inChannels, planes, options);
    super(options);
    const { stride, groups, widthPerGroup, shortcut, parts = plainParts } = options;
    const outChannels = planes * PathsBottleneck.expansion;
    const width = innerWidth(planes, widthPerGroup);
    this.paths = new ModuleList(
      Array.from({ length: groups }, () => new Transformation(inChannels, width, outChannels, stride, parts)),
    );
    this.bn3 = new BatchNorm2d(outChannels);
    this.relu = parts.activation();
    this.se = parts.attention?.(outChannels);
    this.downsample = makeShortcut(shortcut, { inChannels, outChannels, stride }, parts.project);
    this.drop_path = parts.dropPath;
  }

  protected aggregate(outputs: readonly Value[]): Value {
    return outputs.reduce((sum, output) => F.add(sum, output));
  }
}

/** Form (b), early concatenation: `paths.i` has `conv1`, `bn1`, `conv2`, `bn2`; `conv3` and `bn3` follow what they give. */
export class EarlyConcatBottleneck extends PathsBottleneck {
  static override readonly typeName: string = 'EarlyConcatBottleneck';

  readonly paths: ModuleList;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu: Module;
  readonly se: Module | undefined;
  readonly downsample: Module | undefined;
  readonly drop_path: Module | undefined;

  constructor(inChannels: number, planes: number, options: BlockOptions) {
    checkBlock('EarlyConcatBottleneck', inChannels, planes, options);
    super(options);
    const { stride, groups, widthPerGroup, shortcut, parts = plainParts } = options;
    const outChannels = planes * PathsBottleneck.expansion;
    const width = innerWidth(planes, widthPerGroup);
    this.paths = new ModuleList(
      Array.from({ length: groups }, () => new Path(inChannels, width, stride, parts)),
    );
    this.conv3 = conv1x1(groups * width, outChannels);
    this.bn3 = new BatchNorm2d(outChannels);
    this.relu = parts.activation();
    this.se = parts.attention?.(outChannels);
    this.downsample = makeShortcut(shortcut, { inChannels, outChannels, stride }, parts.project);
    this.drop_path = parts.dropPath;
  }

  protected aggregate(outputs: readonly Value[]): Value {
    return this.conv3(F.cat(outputs));
  }
}
