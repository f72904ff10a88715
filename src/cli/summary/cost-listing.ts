import type { CostBreakdown, LayerCost, PartCost } from '../../cost/breakdown.ts';
import { formatShape, type Shape } from '../../graph/value.ts';
import { bytes, count, percent, short } from '../../report/format.ts';
import { pc } from '../output/colours.ts';
import { alignColumns } from '../output/table.ts';

/** Width of the column of paths, so that lines have 80 characters. */
const widestPath = 24;

/** The lines of `summary --cost`: by layer, by kind of op, and by convention. */
export function costListing(
  { layers, kinds, total, conventions }: CostBreakdown,
  { name, input }: { readonly name: string; readonly input: Shape },
): string[] {
  const [pictures, ...picture] = input;
  const right = ['right', 'right', 'right', 'right', 'right'] as const;
  const columns = ['params', 'MACs', 'share', 'activ.', 'bytes'];
  const head = (...titles: readonly string[]) => [...titles, ...columns].map((title) => pc.dim(title));
  const unit = total.macs >= 1e9 ? ([1e9, 'G'] as const) : ([1e6, 'M'] as const);
  return [
    `${pc.bold(name)}, ${pictures === 1 ? '1 picture' : `${pictures} pictures`} of ${formatShape(picture)}`,
    '',
    ...alignColumns(
      [
        head('layer', 'output'),
        ...layers.map(({ path, outputShape, ...cost }) => [
          nameOf(path, layers),
          formatShape(outputShape.slice(1)),
          ...cells(cost),
        ]),
        ['total', '', ...cells(total)],
      ],
      ['left', 'left', ...right],
    ),
    '',
    ...alignColumns(
      [
        head('kind of op', 'ops'),
        ...kinds.map(({ kind, ops, ...cost }) => [kind, String(ops), ...cells(cost)]),
      ],
      ['left', 'right', ...right],
    ),
    '',
    pc.bold('The same network as others count it'),
    ...alignColumns(
      [
        ...conventions.map(({ value, counts, usedBy }): Quoted => [
          `${(value / unit[0]).toFixed(3)} ${unit[1]}`,
          counts,
          usedBy,
        ]),
        ...paperFigure(name),
      ].flatMap(([value, counts, usedBy]) => [
        [value, counts],
        ['', pc.dim(usedBy)],
      ]),
      ['right', 'left'],
    ),
    '',
    pc.dim('MACs: multiply–accumulates of a weight. activ.: elements of the outputs of'),
    pc.dim('convolutions and linear layers. bytes: float32 read and written by each op for'),
    pc.dim('itself, weights included; caches and fused ops need less.'),
  ];
}

function cells({ parameters, macs, macShare, activations, bytes: moved }: PartCost): string[] {
  const orDash = (value: number, text: string) => (value === 0 ? '–' : text);
  return [
    orDash(parameters, amount(parameters)),
    orDash(macs, amount(macs)),
    orDash(macs, percent(macShare)),
    orDash(activations, amount(activations)),
    bytes(moved),
  ];
}

/** A module's path, followed by what its own ops do: `layer1.0 (addition)` beside `layer1.0.conv1`. */
function nameOf(path: string, layers: readonly LayerCost[]): string {
  const prefix = path === '' ? '' : `${path}.`;
  const own = layers.find((layer) => layer.path === path);
  const hasParts = layers.some((layer) => layer.path !== path && layer.path.startsWith(prefix));
  if (own === undefined || !hasParts) return path === '' ? '(network)' : shortenPath(path);
  return shortenPath(`${path} (${own.kinds.join(', ')})`.trimStart());
}

/** Elements and MACs: short above a thousand, whole below. */
function amount(value: number): string {
  return value < 1000 ? count(value) : short(value);
}

/** A figure, what is counted, and who quotes it. */
type Quoted = readonly [value: string, counts: string, usedBy: string];

/** The FLOPs that the paper's Table 3 gives for its ResNeXts are ResNet's. */
function paperFigure(name: string): Quoted[] {
  const depth = /^resnext(50|101)_(?:2x40d|4x24d|8x14d|32x4d)$/.exec(name)?.[1];
  if (depth === undefined) return [];
  const [quoted, own] = depth === '50' ? ['4.1', '4.089'] : ['7.8', '7.801'];
  return [
    [
      `${quoted} G`,
      `the MACs of ResNet-${depth} (${own} G), whose cost it keeps`,
      `the ResNeXt paper's Table 3: "∼${quoted} billion FLOPs"`,
    ],
  ];
}

/** Keeps the end of a path, which tells one layer from its neighbours. */
function shortenPath(path: string): string {
  return path.length <= widestPath ? path : `…${path.slice(1 - widestPath)}`;
}
