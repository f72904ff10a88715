import { CardinalError } from '../base/errors.ts';
import { nearestWidth } from './nearest-width.ts';
import { bottleneckParameters } from './tradeoff.ts';

/**
 * Table 2 of the ResNeXt paper carried on to its limit, depthwise convolution: cardinality C grows, the width d of each
 * group shrinks, and the cost stays. What stays is what the paper held: the parameters of the convolutions of a block of
 * the first stage, 2·4P·C·d + 9·C·d² for P planes (256 channels outside for P = 64), nearest to those of the ResNet block,
 * C = 1 and d = P: 17·P². All convolutions of such a block see the same pixels, so its MACs stay as well. Further stages
 * double P and d at the same C, as in the paper.
 *
 * With whole d the family ends where d is 1: 128×1d for P = 64, depthwise in the first stage only, because d doubles after
 * it. The limit itself has groups of one channel in every stage; what is chosen there is the inner width alone.
 */
export interface CostTemplate {
  /** C; for the depthwise limit 1, because its groups are as many as its channels in each stage. */
  readonly cardinality: number;
  /** d at 64 planes, as `resnext` and `resnext_cifar` want it; for the depthwise limit the inner width at 64 planes. */
  readonly baseWidth: number;
  readonly depthwise: boolean;
  /** Channels inside a block of the first stage. */
  readonly innerWidth: number;
  /** Of the convolutions of a block of the first stage that does not change its input's shape. */
  readonly parameters: number;
}

/**
 * The templates for C = 1, 2, 4, … as far as the inner width of the depthwise limit, and that limit last; options for
 * `resnext` and `resnext_cifar` beside `planes`. Throws a `CardinalError` unless `planes` divides 64: base widths would not be
 * whole.
 */
export function toDepthwiseLimit(planes = 64): CostTemplate[] {
  if (!Number.isInteger(planes) || 64 % planes !== 0) {
    throw new CardinalError(`toDepthwiseLimit: expected planes that divide 64, got ${planes}`);
  }
  const budget = bottleneckParameters(1, planes, 4 * planes);
  const innerWidth = nearestWidth((width) => bottleneckParameters(width, 1, 4 * planes), budget);
  const templates: CostTemplate[] = [];
  for (let cardinality = 1; cardinality <= innerWidth; cardinality *= 2) {
    const width = nearestWidth((d) => bottleneckParameters(cardinality, d, 4 * planes), budget);
    templates.push(template(planes, cardinality, width));
  }
  const limit = template(planes, innerWidth, 1);
  return [...templates, { ...limit, cardinality: 1, baseWidth: (64 * innerWidth) / planes, depthwise: true }];
}

function template(planes: number, cardinality: number, width: number): CostTemplate {
  return {
    cardinality,
    baseWidth: (64 * width) / planes,
    depthwise: false,
    innerWidth: cardinality * width,
    parameters: bottleneckParameters(cardinality, width, 4 * planes),
  };
}
