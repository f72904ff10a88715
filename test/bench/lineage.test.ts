import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lineageChart } from '../../bench/lineage/chart.ts';
import type { LineageRow } from '../../bench/lineage/measure.ts';
import { milestones } from '../../bench/lineage/networks.ts';
import { inBillions, inMillions, lineageTable } from '../../bench/lineage/table.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { modelInfo } from '../../src/models/registry.ts';

const page = readFileSync(new URL('../../docs/lineage.md', import.meta.url), 'utf8');
const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
const section = page.slice(page.indexOf('<!-- lineage -->'), page.indexOf('<!-- /lineage -->'));
const rows = section
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .slice(2)
  .map(cellsOf);
const papers = page
  .slice(page.indexOf('| paper |'))
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .flatMap((line) => cellsOf(line).slice(1));

describe('the page on the lineage', () => {
  it('has every network of the story, in its order, and no row without time', () => {
    expect(rows.map(([year, network]) => [year, network])).toEqual(
      milestones.map(({ year, network }) => [String(year), `\`${network}\``]),
    );
    for (const row of rows) expect(row[5], row.join(' ')).toMatch(/^\d+(\.\d)? ms$/);
  });

  it.each(milestones.map(({ network }, index) => [network, index] as const))(
    '%s: the counts are those of the library',
    (network, index) => {
      const { params, macs } = countModel(network);
      expect(rows[index].slice(3, 5)).toEqual([inMillions(params), inBillions(macs)]);
    },
  );

  it('names the paper of each as the registry does', () => {
    for (const { network } of milestones) {
      const { paper } = modelInfo(network);
      const arxiv = /arXiv [\d.]+$/.exec(paper)?.[0];
      expect(
        papers.some((one) => (arxiv === undefined ? one.includes(paper) : one.endsWith(arxiv))),
        `${network}: ${paper}`,
      ).toBe(true);
    }
  });
});

const some = (network: string, macs: number, milliseconds: number, side = 224): LineageRow => ({
  ...{ year: 2015, network, idea: 'an idea', parameters: 25_557_032, macs, side, milliseconds },
});

it('a table has shares of the first network, and the size of other pictures', () => {
  const table = lineageTable([some('a', 4e9, 40), some('b', 1e9, 20.04, 256)], 'on this machine');
  expect(table.split('\n').slice(2, 4)).toEqual([
    '| 2015 | `a` | an idea | 25.56 M | 4.00 G | 40.0 ms | 1.00 | 1.00 |',
    '| 2015 | `b` | an idea; at 256² | 25.56 M | 1.00 G | 20.0 ms | 0.25 | 0.50 |',
  ]);
  expect(table).toContain('medians: on this machine.');
});

it('a chart has a line for each network, and takes the colour of the page', () => {
  const chart = lineageChart([some('a', 4e9, 40), some('b', 1e9, 20)]);
  expect(chart).toMatch(/^<svg xmlns=/);
  expect(chart).toContain('prefers-color-scheme:dark');
  for (const name of ['a  2015', 'b  2015']) expect(chart).toContain(name);
});
