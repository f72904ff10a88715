import { digits3, percent } from '../../report/format.ts';
import type { BlockContributions, PathContribution } from '../../session/paths/contributions.ts';
import { alignColumns } from '../output/table.ts';

/** A row for each block: its largest path, and those that speak most for and against the class. */
export function pathsTable(blocks: readonly BlockContributions[]): string[] {
  return alignColumns(
    [
      ['  block', 'paths', 'largest', '', 'most for the class', '', 'most against it', ''],
      ...blocks.map(({ block, paths }) => [
        ...[`  ${block}`, String(paths.length)],
        ...best(
          paths,
          ({ norm }) => norm,
          (norm) => percent(norm, 0),
        ),
        ...best(paths, ({ effect }) => effect, effectInWords),
        ...best(
          paths,
          ({ effect }) => -effect,
          (effect) => effectInWords(-effect),
        ),
      ]),
    ],
    ['left', 'right', 'left', 'right', 'left', 'right', 'left', 'right'],
  );
}

/** The path with the most of something, and how much that is; nothing if no path has any. */
function best(
  paths: readonly PathContribution[],
  of: (path: PathContribution) => number,
  inWords: (value: number) => string,
): readonly [string, string] {
  const at = paths.reduce((most, path, index) => (of(path) > of(paths[most]) ? index : most), 0);
  const value = of(paths[at]);
  return value > 0 ? [`path ${at}`, inWords(value)] : ['none', ''];
}

function effectInWords(effect: number): string {
  return `${effect < 0 ? '−' : '+'}${digits3(Math.abs(effect))}`;
}
