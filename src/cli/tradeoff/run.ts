import { UsageError } from '../../base/errors.ts';
import { bottleneckLayers, equalCostTemplates, type Template } from '../../cost/templates.ts';
import {
  bottleneckParameters,
  cardinalityTradeoff,
  paperCardinalities,
  type CostUnit,
  type Tradeoff,
} from '../../cost/tradeoff.ts';
import { count, short } from '../../report/format.ts';
import type { Budget } from '../flags/values.ts';
import { pc } from '../output/colours.ts';
import { print, printJson } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';

/** Flags of `cardinal tradeoff`. */
export interface TradeoffFlags {
  readonly width?: number;
  readonly depth?: readonly number[];
  readonly cardinality?: readonly number[];
  readonly budget?: Budget;
  readonly cost: CostUnit;
  readonly size?: number;
  readonly json: boolean;
}

/** Number of cardinalities that fit side by side into 80 characters. */
const columnsAbreast = 5;

/** `cardinal tradeoff`: Table 2 for one block, or whole networks of equal cost. */
export function tradeoff(flags: TradeoffFlags): void {
  if (flags.depth === undefined) {
    tradeOneBlock(flags);
    return;
  }
  if (flags.width !== undefined) {
    throw new UsageError('--width is of one block, and --depth asks for whole networks: leave one out');
  }
  tradeNetworks(flags, flags.depth);
}

function tradeOneBlock({ width: inputWidth = 256, budget, cost, size = 56, ...flags }: TradeoffFlags): void {
  if (inputWidth % 4 !== 0) throw new UsageError(`--width: expected a multiple of 4, got ${inputWidth}`);
  const resnetWidth = inputWidth / 4;
  const unit = cost === 'macs' ? size ** 2 : 1;
  const amount =
    budget?.amount ?? (budget?.times ?? 1) * unit * bottleneckParameters(1, resnetWidth, inputWidth);
  const { cardinality: cardinalities = paperCardinalities } = flags;
  const options = { inputWidth, cardinalities, unit: cost, budget: amount, pictureSize: size };
  const columns = cardinalityTradeoff(options);
  if (flags.json) {
    printJson({ inputWidth, unit: cost, budget: amount, pictureSize: size, columns });
    return;
  }
  const isPaper = inputWidth === 256 && budget === undefined && flags.cardinality === undefined;
  const source =
    budget?.amount === undefined ? `, ${timesWords(budget?.times)}1×${resnetWidth}d (ResNet's block)` : '';
  print(
    `${pc.bold('Cardinality against width')} in a block with ${inputWidth} channels in and out, at equal cost`,
    `${isPaper ? 'Table 2 of the ResNeXt paper; ' : ''}${budgetWords(amount, cost)}${source}`,
  );
  for (let first = 0; first < columns.length; first += columnsAbreast) {
    print('', blockTable(columns.slice(first, first + columnsAbreast), inputWidth, size));
  }
  print(
    '',
    pc.dim('Width d: the whole number whose cost is nearest to the budget.'),
    pc.dim('MACs: multiply–accumulates of a weight for one picture (two FLOPs each).'),
    pc.dim('Whole networks of equal cost: cardinal tradeoff --depth 50,101'),
  );
}

function blockTable(columns: readonly Tradeoff[], inputWidth: number, size: number): string[] {
  const row = (title: string, cell: (column: Tradeoff) => string) => [title, ...columns.map(cell)];
  const rows = [
    row('cardinality C', ({ cardinality }) => pc.bold(count(cardinality))),
    row('width of bottleneck d', ({ width }) => count(width)),
    row('width of group conv. C·d', ({ groupWidth }) => count(groupWidth)),
    row(`C·(${inputWidth}·d + 9·d² + d·${inputWidth})`, ({ parameters }) => pc.bold(count(parameters))),
    row('from budget', ({ deviation }) => signed(deviation)),
    row(pc.dim('counted in the layers:'), () => ''),
    row('  convolution weights', ({ counted }) => count(counted.convolutionParameters)),
    row('  batch norm γ and β', ({ counted }) => count(counted.batchNormParameters)),
    row(`  MACs at ${size}×${size}`, ({ counted }) => short(counted.macs)),
    row('  activations', ({ counted }) => short(counted.activations)),
  ];
  return alignColumns(rows, ['left', ...columns.map(() => 'right' as const)]);
}

function tradeNetworks(
  { budget, cost, size = 224, cardinality, json }: TradeoffFlags,
  depths: readonly number[],
): void {
  const networks = depths.map((depth) => ({
    depth,
    layers: layersOf(depth),
    templates: equalCostTemplates({
      depth,
      unit: cost,
      inputShape: [3, size, size],
      ...(cardinality === undefined ? {} : { cardinalities: cardinality }),
      ...(budget?.amount === undefined ? { times: budget?.times ?? 1 } : { budget: budget.amount }),
    }),
  }));
  if (json) {
    printJson({ unit: cost, budget: budget ?? { times: 1 }, inputShape: [3, size, size], networks });
    return;
  }
  for (const { depth, layers, templates } of networks) {
    print(
      `${pc.bold(`${depth} layers`)}, blocks ${layers.join(', ')}: ` +
        (budget?.amount === undefined
          ? `${timesWords(budget?.times)}${cost === 'macs' ? 'the MACs' : 'the parameters'} of 1×64d`
          : budgetWords(budget.amount, cost)),
      '',
      networkTable(templates),
      '',
    );
  }
  print(
    pc.dim(`MACs: multiply–accumulates of a weight for one picture of 3×${size}×${size}.`),
    pc.dim("Widths: the paper's where it has the network; else the whole number whose"),
    pc.dim('network costs nearest to the budget. Build any of them, for example:'),
    pc.dim(buildLine(networks.flatMap(({ templates }) => templates).at(-1))),
  );
}

function networkTable(templates: readonly Template[]): string[] {
  const rows = templates.map(({ cardinality, baseWidth, count: counted, deviation, table, name }) => [
    pc.bold(`${cardinality}×${baseWidth}d`),
    count(counted.params),
    short(counted.macs),
    signed(deviation),
    table ?? 'nearest',
    name ?? '–',
  ]);
  const header = ['C×d', 'parameters', 'MACs', 'from budget', 'width', 'model'].map((title) => pc.dim(title));
  return alignColumns([header, ...rows], ['left', 'right', 'right', 'right', 'left', 'left']);
}

function layersOf(depth: number): readonly number[] {
  try {
    return bottleneckLayers(depth);
  } catch {
    throw new UsageError(`--depth: expected 3n+2 layers from 14 on (14, 17, 20, …), got ${depth}`);
  }
}

function buildLine(template: Template | undefined): string {
  if (template === undefined) return '';
  const { layers, cardinality, baseWidth } = template;
  return `  cardinal summary resnext --set layers=${layers.join()} cardinality=${cardinality} baseWidth=${baseWidth}`;
}

function budgetWords(amount: number, cost: CostUnit): string {
  return `budget ${count(Math.round(amount))} ${cost === 'macs' ? 'MACs' : 'parameters'}`;
}

function timesWords(times = 1): string {
  return times === 1 ? '' : `${times} times `;
}

/** +2.6 %, −0.4 %, 0.0 %. */
function signed(share: number): string {
  const text = Math.abs(100 * share).toFixed(1);
  return `${text === '0.0' ? '' : share > 0 ? '+' : '−'}${text} %`;
}
