import { percent } from '../../report/format.ts';
import { pc } from './colours.ts';
import { alignColumns, shorten } from './table.ts';

/** One classified picture: its name, the true class if it is known, and the likeliest classes with bars. */
export function predictionLines(
  name: string,
  top: readonly { readonly name: string; readonly probability: number }[],
  truth?: string,
): string[] {
  const guess = top[0]?.name;
  const mark =
    truth === undefined ? '' : truth === guess ? pc.green(' ✓') : pc.yellow(` ✗ actually ${truth}`);
  const rows = top.map(({ name: label, probability }, rank) => [
    `  ${rank === 0 ? pc.bold(shorten(label, 32)) : shorten(label, 32)}`,
    percent(probability, 1),
    pc.cyan('█'.repeat(Math.round(20 * probability))),
  ]);
  return [`${name}${mark}`, ...alignColumns(rows, ['left', 'right', 'left'])];
}
