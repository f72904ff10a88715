import { checkOptions, flag, numberFrom, oneOf, wholeFrom, type Kind, type Kinds } from '../base/options.ts';
import { roundHalfEven } from '../base/round-half-even.ts';
import type { Value } from '../graph/value.ts';
import * as F from '../nn/functional/index.ts';
import { Conv2d, Module, Sequential } from '../nn/index.ts';
import * as init from '../nn/init.ts';
import { activationOf } from './blocks/activation.ts';
import { ClassifierHead } from './blocks/classifier-head.ts';
import { ConvNormAct } from './blocks/conv-norm-act.ts';
import { makeDivisible } from './blocks/divisible.ts';
import { DropPath, dropPathRate } from './blocks/drop-path.ts';
import { SqueezeExcite } from './blocks/squeeze-excite.ts';
import { initializeConvolution } from './mobile-init.ts';
import { kindsOf } from './options.ts';
import type { ActivationName } from './part-options.ts';

/**
 * Designing Network Design Spaces (Radosavovic et al., CVPR 2020, arXiv 2003.13678), with timm's parameter names. A network of
 * the design space is six numbers; widths and depths of its stages follow from them by `regnetStages`.
 */

/** A point of the design space RegNetX; for RegNetY there is squeeze-and-excitation as well. */
export interface RegNetShape {
  /** d: blocks in all. */
  readonly depth: number;
  /** w₀: the width of the first block. */
  readonly initialWidth: number;
  /** w_a: how much wider each next block would be. */
  readonly slope: number;
  /** w_m: widths are powers of this times w₀. */
  readonly multiplier: number;
  /** g: channels of a group of the 3×3. Cardinality follows: a block has its width by g groups. */
  readonly groupWidth: number;
  /**
   * Which multiple of g becomes of a width in the middle between two: the even one, as in the authors' program, or the greater one,
   * as in torchvision's, which then also lets no width fall by more than a tenth. Default: `even`.
   */
  readonly halves?: 'even' | 'up';
}

/** Blocks of one width. */
export interface RegNetStage {
  readonly blocks: number;
  readonly width: number;
  readonly groupWidth: number;
}

/**
 * Section 3.3: the linear widths u_j = w₀ + w_a·j (equation 2) are quantised to w₀·w_m^s with whole s (equation 3 and 4), in multiples of
 * 8; equal ones are a stage, whose width becomes a multiple of g (section 3.2: with a bottleneck ratio of 1).
 */
export function regnetStages(shape: RegNetShape): readonly RegNetStage[] {
  const { depth, initialWidth, slope, multiplier, groupWidth, halves = 'even' } = shape;
  const widths = Array.from({ length: depth }, (_, j) => {
    const power = roundHalfEven(Math.log(1 + (slope * j) / initialWidth) / Math.log(multiplier));
    return 8 * Math.max(1, roundHalfEven((initialWidth * multiplier ** power) / 8));
  });
  return [...Map.groupBy(widths, (width) => width)].map(([width, { length }]) => {
    const g = Math.min(groupWidth, width);
    const compatible = halves === 'even' ? g * roundHalfEven(width / g) : makeDivisible(width, g);
    return { blocks: length, width: compatible, groupWidth: g };
  });
}

interface BlockOptions extends Required<Pick<RegNetOptions, 'squeeze' | 'reduction'>> {
  readonly stride: number;
  readonly groupWidth: number;
  readonly activation: () => Module;
  readonly dropPath: number;
}

/**
 * The X block (Figure 4): 1×1, grouped 3×3, 1×1, all of one width. In the Y block attention comes behind the 3×3. N×inChannels×H×W →
 * N×width×⌈H/stride⌉×⌈W/stride⌉.
 */
class Bottleneck extends Module {
  static override readonly typeName: string = 'Bottleneck';

  readonly conv1: ConvNormAct;
  readonly conv2: ConvNormAct;
  readonly se: SqueezeExcite | undefined;
  readonly conv3: ConvNormAct;
  readonly act3: Module;
  readonly downsample: ConvNormAct | undefined;
  readonly drop_path: DropPath | undefined;

  constructor(inChannels: number, width: number, options: BlockOptions) {
    super();
    const { stride, groupWidth, squeeze, reduction, activation, dropPath } = options;
    this.conv1 = new ConvNormAct(inChannels, width, { activation });
    this.conv2 = new ConvNormAct(width, width, {
      ...{ kernelSize: 3, stride, groups: width / groupWidth, activation },
    });
    // A quarter of the block's input, not of what it weighs.
    const reducedChannels = Math.max(1, roundHalfEven(inChannels / reduction));
    this.se = squeeze ? new SqueezeExcite(width, { reducedChannels, activation }) : undefined;
    this.conv3 = new ConvNormAct(width, width);
    this.act3 = activation();
    this.downsample =
      stride > 1 || inChannels !== width ? new ConvNormAct(inChannels, width, { stride }) : undefined;
    this.drop_path = dropPath > 0 ? new DropPath(dropPath) : undefined;
  }

  forward(x: Value): Value {
    let out = this.conv2(this.conv1(x));
    out = this.conv3(this.se?.(out) ?? out);
    out = this.drop_path?.(out) ?? out;
    return this.act3(F.add(out, this.downsample?.(x) ?? x));
  }
}

/** Options of `RegNet`. */
export interface RegNetOptions {
  /** RegNetY: blocks have squeeze-and-excitation. */
  readonly squeeze?: boolean;
  /** Its bottleneck has so many times fewer channels than the block's input. Default: 4. */
  readonly reduction?: number;
  readonly activation?: ActivationName;
  /** Blocks begin as the identity, as timm's do. Default: true. */
  readonly zeroInitResidual?: boolean;
  readonly numClasses?: number;
  readonly inChannels?: number;
  /** Probability of dropping a feature before the classifier. */
  readonly dropout?: number;
  /** Probability that training leaves the last block out for a picture; it rises to that from 0 in the first. */
  readonly dropPath?: number;
}

const aboveOne: Kind = {
  expected: 'a number above 1',
  is: (value) => Number.isFinite(value) && Number(value) > 1,
};
const shapeKinds: Kinds<RegNetShape> = {
  depth: {
    ...wholeFrom(1),
    expected: 'a whole number of blocks from 1 to 1000',
    is: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1000,
  },
  initialWidth: wholeFrom(1),
  slope: numberFrom(0),
  multiplier: aboveOne,
  groupWidth: wholeFrom(1),
  halves: oneOf('even', 'up'),
};
const kinds: Kinds<RegNetOptions> = {
  ...kindsOf(
    'reduction',
    'activation',
    'zeroInitResidual',
    'numClasses',
    'inChannels',
    'dropout',
    'dropPath',
  ),
  squeeze: flag,
};

const stemWidth = 32;

/** N×3×H×W → N×1000: a 3×3 with stride 2, stages that each halve the picture first, called s1, s2, …, and a classifier. */
export class RegNet extends Module {
  static override readonly typeName: string = 'RegNet';

  readonly stem: ConvNormAct;
  readonly #stages: readonly Sequential[];
  readonly head: ClassifierHead;

  constructor(shape: RegNetShape, options: RegNetOptions = {}) {
    super();
    checkOptions('RegNet', shape, shapeKinds, ['depth', 'initialWidth', 'slope', 'multiplier', 'groupWidth']);
    checkOptions('RegNet', options, kinds);
    const { squeeze = false, reduction = 4, zeroInitResidual = true } = options;
    const { numClasses = 1000, inChannels = 3, dropout = 0, dropPath = 0 } = options;
    const activation = activationOf(options.activation ?? 'relu');
    this.stem = new ConvNormAct(inChannels, stemWidth, { kernelSize: 3, stride: 2, activation });
    let [channels, index] = [stemWidth, 0];
    this.#stages = regnetStages(shape).map(({ blocks, width, groupWidth }) => {
      const made = Array.from({ length: blocks }, (_, at): [string, Module] => {
        const block = new Bottleneck(channels, width, {
          ...{ stride: at === 0 ? 2 : 1, groupWidth, squeeze, reduction, activation },
          dropPath: dropPathRate(dropPath, index++, shape.depth),
        });
        channels = width;
        return [`b${at + 1}`, block];
      });
      return new Sequential(Object.fromEntries(made));
    });
    this.head = new ClassifierHead(channels, numClasses, { dropout });
    this.#initialize(zeroInitResidual);
  }

  #initialize(zeroInitResidual: boolean): void {
    for (const module of this.modules()) {
      if (module instanceof Conv2d) {
        initializeConvolution(module);
        if (module.bias !== undefined) init.zeros_(module.bias);
      }
      if (zeroInitResidual && module instanceof Bottleneck) init.zeros_(module.conv3.bn.weight);
    }
    this.head.initializeWeights();
  }

  /** Stages stand between the stem and the head, as many as the widths have steps. */
  override namedChildren(): [string, Module][] {
    const [stem, ...head] = super.namedChildren();
    const stages = this.#stages.map((stage, index): [string, Module] => [`s${index + 1}`, stage]);
    return [stem, ...stages, ...head];
  }

  forward(x: Value): Value {
    return this.head(this.#stages.reduce((out, stage) => stage(out), this.stem(x)));
  }
}
