import { anything, checkOptions, finite, type Kinds } from '../base/options.ts';
import { CardinalError } from '../base/errors.ts';
import type { Shape } from '../graph/value.ts';
import { nearestWidth } from './nearest-width.ts';
import { listModels } from '../models/registry.ts';
import { countModel, type ModelCount } from './count-model.ts';
import { imagenetLayers, resnext } from '../models/resnext.ts';
import { costKinds, paperCardinalities, type CostUnit } from './tradeoff.ts';

/**
 * Whole networks of equal cost, by cardinality and base width: what Tables 3 and 4 of the ResNeXt paper compare, at any
 * depth.
 */
export interface TemplateOptions {
  /** Weighted layers, 3n+2 for n bottlenecks. 50. */
  readonly depth?: number;
  /** Cardinalities to find widths for. Those of Table 2, and for twice the cost those of Table 4. */
  readonly cardinalities?: readonly number[];
  /** What is kept equal. */
  readonly unit?: CostUnit;
  /** The cost to keep, in `unit`. */
  readonly budget?: number;
  /** Instead of `budget`: how many times the cost of the 1×64d network (ResNet's own) of this depth. 1. */
  readonly times?: number;
  /** C×H×W of the pictures that MACs are counted for. 3×224×224. */
  readonly inputShape?: Shape;
}

const templateKinds: Kinds<TemplateOptions> = {
  ...costKinds,
  depth: finite,
  times: { expected: 'a number above 0', is: (value) => finite.is(value) && Number(value) > 0 },
  inputShape: anything,
};

export interface Template {
  readonly cardinality: number;
  /** d, the width of each transformation in the first stage; every further stage doubles it. */
  readonly baseWidth: number;
  /** Blocks of each stage. */
  readonly layers: readonly number[];
  /** Whether the width is the paper's (then `table` says where it stands) or found by the rounding rule. */
  readonly source: 'paper' | 'rule';
  /** The paper's table that has this network. */
  readonly table: string | undefined;
  /** Its name in the registry, if it has one; `resnext` with these options builds any. */
  readonly name: string | undefined;
  /** Parameters, and for one picture MACs and activations. */
  readonly count: ModelCount;
  /** How far the cost is from the budget, as a share of it. */
  readonly deviation: number;
}

/** The paper's templates: by depth and multiple of the 1×64d network's cost, base width by cardinality. */
const paperTemplates: readonly {
  readonly depth: number;
  readonly times: number;
  readonly table: string;
  readonly widths: ReadonlyMap<number, number>;
}[] = [
  ...[50, 101].map((depth) => ({
    depth,
    times: 1,
    table: 'Table 3',
    widths: new Map([
      [1, 64],
      [2, 40],
      [4, 24],
      [8, 14],
      [32, 4],
    ]),
  })),
  {
    depth: 101,
    times: 2,
    table: 'Table 4',
    widths: new Map([
      [1, 100],
      [2, 64],
      [64, 4],
    ]),
  },
];

/**
 * For each cardinality, the base width at which a ResNeXt of this depth costs as much as the budget. Where the paper has a
 * template of this depth and multiple of the cost, its width is kept, whatever the rule would give (Table 4's networks
 * stay some percent below twice the cost, and 8×14d is nearest in parameters but not in MACs). All others follow the
 * rounding rule: the whole number d ≥ 1 whose whole network, counted, costs nearest to the budget, and of two equally
 * near the smaller one. Throws a `CardinalError` for a depth that is not 3n+2 with n ≥ 4.
 */
export function equalCostTemplates(options: TemplateOptions = {}): Template[] {
  checkOptions('equalCostTemplates', options, templateKinds);
  const { depth = 50, unit = 'parameters', times = 1, inputShape = [3, 224, 224] } = options;
  const layers = bottleneckLayers(depth);
  const paper =
    options.budget === undefined
      ? paperTemplates.find((template) => template.depth === depth && template.times === times)
      : undefined;
  const { cardinalities = paper === undefined ? paperCardinalities : [...paper.widths.keys()] } = options;
  const countOf = (cardinality: number, baseWidth: number) =>
    countModel(resnext(layers, { cardinality, baseWidth }), inputShape);
  const costOf = ({ params, macs }: ModelCount) => (unit === 'macs' ? macs : params);
  const { budget = times * costOf(countOf(1, 64)) } = options;
  return cardinalities.map((cardinality) => {
    const given = paper?.widths.get(cardinality);
    const baseWidth = given ?? nearestWidth((width) => costOf(countOf(cardinality, width)), budget);
    const count = countOf(cardinality, baseWidth);
    return {
      cardinality,
      baseWidth,
      layers,
      source: given === undefined ? 'rule' : 'paper',
      table: given === undefined ? undefined : paper?.table,
      name: registryName(depth, cardinality, baseWidth),
      count,
      deviation: costOf(count) / budget - 1,
    };
  });
}

/**
 * Blocks of the four stages of a bottleneck network of `depth` weighted layers: three a block, stem and classifier. The
 * depths of He et al. are theirs; any other follows what their 50 and 101 have in common: 3, 4 and 3 blocks in the first,
 * second and last stage, and all others in the third (fewer everywhere if there are not enough). Throws a `CardinalError`
 * if depth − 2 is no multiple of 3 or there are fewer than four blocks.
 */
export function bottleneckLayers(depth: number): readonly number[] {
  if (Object.hasOwn(imagenetLayers, depth)) return imagenetLayers[depth];
  const blocks = (depth - 2) / 3;
  if (!Number.isInteger(blocks) || blocks < 4) {
    throw new CardinalError(`templates: expected a depth of 3n+2 from 14 on (14, 17, 20, …), got ${depth}`);
  }
  const outer = Math.min(3, Math.floor(blocks / 4));
  const inner = blocks - 2 * outer;
  const second = Math.min(4, Math.floor(inner / 2));
  return [outer, second, inner - second, outer];
}

function registryName(depth: number, cardinality: number, baseWidth: number): string | undefined {
  const template = `${depth}_${cardinality}x${baseWidth}d`;
  return [`resnext${template}`, `resnet${template}`].find((name) => listModels(name).length > 0);
}
