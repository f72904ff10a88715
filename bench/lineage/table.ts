import type { LineageRow } from './measure.ts';
import { ms, row } from '../table-cells.ts';

const titles = ['year', 'network', 'idea', 'parameters', 'MACs', 'time'];

/** The table of `docs/lineage.md`; its last two columns are shares of the first network. `how` says what measured it. */
export function lineageTable(rows: readonly LineageRow[], how: string): string {
  const [first] = rows;
  const base = first.network === 'resnet50' ? 'ResNet-50' : first.network;
  const lines = rows.map(({ year, network, idea, parameters, macs, side, milliseconds }) => [
    String(year),
    `\`${network}\``,
    side === first.side ? idea : `${idea}; at ${side}²`,
    inMillions(parameters),
    inBillions(macs),
    `${ms(milliseconds)} ms`,
    (macs / first.macs).toFixed(2),
    (milliseconds / first.milliseconds).toFixed(2),
  ]);
  return [
    ...[
      [...titles, `MACs : ${base}`, `time : ${base}`],
      ['---:', '---', '---', '---:', '---:', '---:', '---:', '---:'],
      ...lines,
    ].map((cells) => row(cells)),
    '',
    `Forward, one picture at a time, medians: ${how}.`,
    '',
  ].join('\n');
}

export function inMillions(parameters: number): string {
  return `${(parameters / 1e6).toFixed(2)} M`;
}

export function inBillions(macs: number): string {
  return `${(macs / 1e9).toFixed(2)} G`;
}
