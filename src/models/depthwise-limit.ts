import { CardinalError } from '../base/errors.ts';

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

/** Parameters of a bottleneck's three convolutions: `innerWidth` channels inside in `groups` groups, 4·planes outside. */
export function blockParameters(planes: number, innerWidth: number, groups: number): number {
  return 2 * 4 * planes * innerWidth + (9 * innerWidth ** 2) / groups;
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
  const budget = blockParameters(planes, planes, 1);
  const innerWidth = nearest(budget, (width) => blockParameters(planes, width, width));
  const templates: CostTemplate[] = [];
  for (let cardinality = 1; cardinality <= innerWidth; cardinality *= 2) {
    const width = nearest(budget, (d) => blockParameters(planes, cardinality * d, cardinality));
    templates.push(template(planes, cardinality, width, cardinality));
  }
  return [...templates, { ...template(planes, 1, innerWidth, innerWidth), depthwise: true }];
}

function template(planes: number, cardinality: number, width: number, groups: number): CostTemplate {
  const innerWidth = cardinality * width;
  const parameters = blockParameters(planes, innerWidth, groups);
  return { cardinality, baseWidth: (64 * width) / planes, depthwise: false, innerWidth, parameters };
}

/** The whole number from 1 on at which a growing cost is nearest to the budget, the smaller of two that are as near. */
function nearest(budget: number, cost: (size: number) => number): number {
  let size = 1;
  while (cost(size + 1) <= budget) size++;
  return Math.abs(budget - cost(size)) <= cost(size + 1) - budget ? size : size + 1;
}
