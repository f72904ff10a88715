import { checkKind, checkOptions, finite, listOf, oneOf, wholeFrom, type Kinds } from '../base/options.ts';
import { CardinalError } from '../base/errors.ts';
import { costOf } from './cost.ts';
import { sizeOf } from '../base/shape.ts';
import { trace } from '../nn/index.ts';
import { nearestWidth } from './nearest-width.ts';
import { Bottleneck } from '../models/resnet.ts';

/**
 * Cardinality against width at equal cost, for one block: section 3.4 and Table 2 of the ResNeXt paper (Xie et al. 2017,
 * arXiv 1611.05431). C is the cardinality, d the width of each transformation, W the channels of the block's input and
 * output.
 */

/** The cardinalities of Table 2. */
export const paperCardinalities: readonly number[] = [1, 2, 4, 8, 32];

/** What a budget counts: parameters, or multiply–accumulates of a weight. */
export type CostUnit = 'parameters' | 'macs';

/** The budget, and the cardinalities to compare at it. */
export interface TradeoffOptions {
  /** W, channels in and out of the block; a multiple of 4. 256, as in conv2 of the paper's networks. */
  readonly inputWidth?: number;
  /** Cardinalities to find widths for. Those of Table 2. */
  readonly cardinalities?: readonly number[];
  /** What `budget` counts. MACs of a block are its parameters times the pixels of its picture. */
  readonly unit?: CostUnit;
  /** The cost to keep. That of ResNet's own block, C = 1 and d = W/4: 69,632 parameters for 256 channels. */
  readonly budget?: number;
  /** Side of the square picture that goes through the block. 56, as in conv2 at 224×224. */
  readonly pictureSize?: number;
}

/** What else must hold of numbers is checked where they are used. */
export const costKinds = {
  cardinalities: listOf(finite),
  unit: oneOf('parameters', 'macs'),
  budget: finite,
};
const tradeoffKinds: Kinds<TradeoffOptions> = { ...costKinds, inputWidth: finite, pictureSize: finite };

/** One column of Table 2. */
export interface Tradeoff {
  readonly cardinality: number;
  /** d. */
  readonly width: number;
  /** C·d, the channels of the grouped convolution. */
  readonly groupWidth: number;
  /** C·(W·d + 9·d² + d·W), the paper's formula: the weights of the three convolutions. */
  readonly parameters: number;
  /** Those parameters at every pixel. */
  readonly macs: number;
  /** How far the cost is from the budget, as a share of it: 0.02 is 2 % above. */
  readonly deviation: number;
  /** What the layers of the block really have (`Bottleneck`, stride 1, the input passed on as it is). */
  readonly counted: CountedBlock;
}

/** A block counted layer by layer, for one picture. */
export interface CountedBlock {
  readonly convolutionParameters: number;
  /** γ and β of the three batch norms, which the paper's formula leaves out. */
  readonly batchNormParameters: number;
  /** Multiply–accumulates of a weight. */
  readonly macs: number;
  /** Elements of the convolutions' outputs. */
  readonly activations: number;
}

/** C·(W·d + 9·d² + d·W): weights of the convolutions of a bottleneck of C transformations of width d (section 3.4). */
export function bottleneckParameters(cardinality: number, width: number, inputWidth = 256): number {
  checkKind('bottleneckParameters', 'the cardinality', cardinality, wholeFrom(1));
  checkKind('bottleneckParameters', 'the width', width, wholeFrom(1));
  checkKind('bottleneckParameters', 'the input width', inputWidth, wholeFrom(1));
  return cardinality * (inputWidth * width + 9 * width ** 2 + width * inputWidth);
}

/**
 * For each cardinality, the width at which a bottleneck costs as much as the budget. The width is the whole number d ≥ 1
 * whose cost is nearest to the budget, and of two equally near the smaller one; without options this is Table 2. Throws a
 * `CardinalError` for an input width that is no multiple of 4 and for numbers that are not above 0.
 */
export function cardinalityTradeoff(options: TradeoffOptions = {}): Tradeoff[] {
  checkOptions('cardinalityTradeoff', options, tradeoffKinds);
  const { inputWidth = 256, cardinalities = paperCardinalities, unit = 'parameters' } = options;
  const { pictureSize = 56 } = options;
  if (inputWidth % Bottleneck.expansion !== 0) {
    throw new CardinalError(
      `trade-off: expected an input width that is a multiple of ${Bottleneck.expansion}, as a bottleneck's output is, got ${inputWidth}`,
    );
  }
  requireWhole('an input width', inputWidth);
  requireWhole('a picture size', pictureSize);
  const pixels = pictureSize ** 2;
  const perParameter = unit === 'macs' ? pixels : 1;
  const { budget = perParameter * bottleneckParameters(1, inputWidth / Bottleneck.expansion, inputWidth) } =
    options;
  return cardinalities.map((cardinality) => {
    requireWhole('a cardinality', cardinality);
    const costAt = (d: number) => perParameter * bottleneckParameters(cardinality, d, inputWidth);
    const width = nearestWidth(costAt, budget);
    const parameters = bottleneckParameters(cardinality, width, inputWidth);
    return {
      cardinality,
      width,
      groupWidth: cardinality * width,
      parameters,
      macs: parameters * pixels,
      deviation: costAt(width) / budget - 1,
      counted: countBlock(cardinality, width, inputWidth, pictureSize),
    };
  });
}

function countBlock(cardinality: number, width: number, inputWidth: number, size: number): CountedBlock {
  const planes = inputWidth / Bottleneck.expansion;
  // The block rounds planes·widthPerGroup/64 down; aiming at the middle between two whole numbers makes that exact.
  const widthPerGroup = ((width + 0.5) * 64) / planes;
  const block = new Bottleneck(inputWidth, planes, {
    stride: 1,
    groups: cardinality,
    widthPerGroup,
    shortcut: 'B',
  });
  const { macs, activations } = costOf(trace(block, [1, inputWidth, size, size], { training: false }).graph);
  const convolutions = block.parameters().filter(({ shape }) => shape.length === 4);
  const sum = (parameters: readonly { readonly shape: readonly number[] }[]) =>
    parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
  const convolutionParameters = sum(convolutions);
  return {
    convolutionParameters,
    batchNormParameters: sum(block.parameters()) - convolutionParameters,
    macs,
    activations,
  };
}

/** Throws a `CardinalError` unless `value` is a whole number of at least 1. */
function requireWhole(what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new CardinalError(`trade-off: expected ${what} that is a whole number above 0, got ${value}`);
  }
}
