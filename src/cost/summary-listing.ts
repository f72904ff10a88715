import { largest } from '../base/extremes.ts';
import type { Shape } from '../graph/value.ts';

/** One line of a summary: one call of a module. */
export interface SummaryRow {
  /** Attribute path from the root, empty for the root itself. */
  readonly path: string;
  readonly typeName: string;
  readonly depth: number;
  /** Counts the calls at this depth, from 1. */
  readonly index: number;
  /** Undefined for a container that is never called itself. */
  readonly outputShape: Shape | undefined;
  /** Elements of the parameters of this module and all below it. */
  readonly params: number;
  /** Elements of the parameters shown on this line: those that belong to no module below that has a line. */
  readonly shownParams: number;
  /** Those of the shown ones that are not frozen. */
  readonly shownTrainableParams: number;
  /** True for a module that was called before; its parameters are counted there. */
  readonly recursive: boolean;
}

/**
 * What torchinfo 1.8 reports on a network, by its conventions: a mult-add is a multiply–accumulate or an addition of a bias,
 * for the whole batch, and batch norm counts its parameters once per picture; the size of a forward and backward pass is
 * twice the outputs of layers that have parameters; MB are 10⁶ bytes. What `forward` does not use is counted among the
 * parameters, as in PyTorch. Two things differ from torchinfo: a tensor that several modules share is one (torchinfo adds it
 * up once for each), and the size of parameters is that of all of them (torchinfo's, of those in layers that were called).
 */
export interface Summary {
  /** The lines down to `maxDepth`, in order of calls. */
  readonly rows: readonly SummaryRow[];
  readonly maxDepth: number;
  readonly totalParams: number;
  readonly trainableParams: number;
  readonly multAdds: number;
  readonly inputBytes: number;
  readonly forwardBackwardBytes: number;
  readonly paramBytes: number;
  readonly totalBytes: number;
  /** torchinfo's listing. */
  toString(): string;
}

const columnWidth = 25;

/** torchinfo's listing. `all` are the rows of every depth: the first column is as wide as the widest needs. */
export function render(summary: Omit<Summary, 'toString'>, all: readonly SummaryRow[]): string {
  const nameWidth = widthOfNames(all);
  const { rows, totalParams, trainableParams } = summary;
  const line = (name: string, shape: string, params: string) =>
    `${name.padEnd(nameWidth)} ${shape.padEnd(columnWidth)} ${params}`.trimEnd();
  const divider = '='.repeat(nameWidth + 2 * columnWidth);
  const [multAdds, unit] = readable(summary.multAdds);
  return [
    divider,
    line('Layer (type:depth-idx)', 'Output Shape', 'Param #'),
    divider,
    ...rows.map((row) =>
      line(
        branch(row.depth) + title(row),
        row.outputShape === undefined ? '--' : `[${row.outputShape.join(', ')}]`,
        shown(row),
      ),
    ),
    divider,
    `Total params: ${thousands(totalParams)}`,
    `Trainable params: ${thousands(trainableParams)}`,
    `Non-trainable params: ${thousands(totalParams - trainableParams)}`,
    `Total mult-adds (${unit}): ${multAdds}`,
    divider,
    `Input size (MB): ${megabytes(summary.inputBytes)}`,
    `Forward/backward pass size (MB): ${megabytes(summary.forwardBackwardBytes)}`,
    `Params size (MB): ${megabytes(summary.paramBytes)}`,
    `Estimated Total Size (MB): ${megabytes(summary.totalBytes)}`,
    divider,
  ].join('\n');
}

function branch(depth: number): string {
  if (depth === 0) return '';
  return depth === 1 ? '├─' : `${'│    '.repeat(depth - 1)}└─`;
}

function title({ typeName, depth, index }: SummaryRow): string {
  return depth === 0 ? typeName : `${typeName}: ${depth}-${index}`;
}

/** In parentheses if all of them are frozen. */
function shown({ params, shownParams, shownTrainableParams, recursive }: SummaryRow): string {
  if (params === 0) return '--';
  if (recursive) return '(recursive)';
  if (shownParams === 0) return '--';
  return shownTrainableParams === 0 ? `(${thousands(shownParams)})` : thousands(shownParams);
}

/** 40 columns, or the next multiple of 5 that holds the longest line, shown or not. */
function widthOfNames(rows: readonly SummaryRow[]): number {
  const longest = largest(
    rows.map((row) => 5 * row.depth + 1 + title(row).length),
    0,
  );
  return longest < 40 ? 40 : Math.ceil(longest / 5) * 5;
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}

function readable(count: number): [string, string] {
  if (count >= 1e12) return [(count / 1e12).toFixed(2), 'T'];
  if (count >= 1e9) return [(count / 1e9).toFixed(2), 'G'];
  return [(count / 1e6).toFixed(2), 'M'];
}
