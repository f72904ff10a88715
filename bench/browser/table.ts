import type { Measured, Outcome } from '../compare/rounds.ts';
import { medianOf } from '../compare/statistics.ts';
import type { Work } from '../compare/work.ts';
import { nodeNames } from './entrants.ts';
import { inCell, ms, row } from '../table-cells.ts';

/**
 * A table of every work: medians, and medians of the rounds' ratios to Cardinal in Node (for one thread: to Node on one thread) and
 * in the same browser. Who is left out has the reason in place of figures.
 */
export function pageTable(works: readonly { readonly work: Work; readonly outcome: Outcome }[]): string {
  return works.map(({ work, outcome }) => tableOf(work, outcome)).join('\n');
}

function tableOf({ title }: Work, { measured, leftOut }: Outcome): string {
  const ours = new Map(measured.map((one) => [one.name, one]));
  const rows = measured.map((one) => {
    const isOne = one.threads === 1;
    const browser = one.name.includes(':') ? ours.get(`${one.name.split(':')[0]}: Cardinal`) : undefined;
    return [
      one.name,
      String(one.threads ?? ''),
      `${ms(medianOf(one.rounds))} (${ms(Math.min(...one.rounds))} to ${ms(Math.max(...one.rounds))})`,
      ratio(one, ours.get(nodeNames.wide)),
      ratio(one, ours.get(isOne ? nodeNames.one : nodeNames.relaxed)),
      ratio(one, browser),
    ];
  });
  return [
    `${title}:`,
    '',
    '| | threads | ms, median (least to most) | ÷ Node, wide | ÷ Node, relaxed, as many threads | ÷ Cardinal in this browser |',
    '|---|---|---|---|---|---|',
    ...rows.map((cells) => row(cells)),
    ...leftOut.map(({ name, reason }) => `| ${name} | | ${inCell(reason)} | | | |`),
    '',
  ].join('\n');
}

/** The median of the rounds' ratios. */
function ratio(one: Measured, other: Measured | undefined): string {
  if (other === undefined || other === one) return '';
  return medianOf(one.rounds.map((time, round) => time / other.rounds[round])).toFixed(2);
}
