import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { studyResults } from '../../scripts/study-results.ts';
import { studies as all } from '../../src/study/studies/index.ts';

const page = readFileSync('docs/paper.md', 'utf8');
const results = await studyResults();

/** Text of a page of docs/studies, which `cardinal study` wrote when the runs were done. */
const written = (name: string): string =>
  readFileSync(`docs/studies/${name}.html`, 'utf8')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

it('there is a result of every study, and each has its page', () => {
  expect(results.map(({ name }) => name)).toEqual(all.map(({ name }) => name));
  for (const { name } of results)
    expect([name, existsSync(`docs/studies/${name}.html`)]).toEqual([name, true]);
});

it.each(results)('$name says what its own page says', ({ name, sentence, claims }) => {
  const text = written(name);
  expect(text).toContain(sentence);
  expect(claims.length).toBeGreaterThan(0);
  for (const { claim, found } of claims) {
    expect(text).toContain(claim);
    expect(text).toContain(found);
  }
});

it.each(results)('$name has the verdict of docs/paper.md', ({ name, verdict }) => {
  const row = page.split('\n').find((line) => line.startsWith(`| [${name}]`)) ?? '';
  if (verdict === 'agrees') expect(row).toContain('agrees');
  else expect(row).toMatch(/undecided|cannot decide/);
});

it.each(results.filter(({ name }) => name !== 'table2'))(
  '$name has charts of finite numbers',
  ({ charts }) => {
    expect(charts.length).toBeGreaterThan(0);
    const numbers = charts.flatMap((chart) =>
      chart.kind === 'arms'
        ? chart.arms.flatMap(({ mean, runs }) => [mean, ...runs])
        : chart.lines.flatMap(({ points }) => points.flatMap(({ x, y }) => [x, y])),
    );
    expect(numbers.length).toBeGreaterThan(3);
    for (const number of numbers) expect(number).toBeGreaterThan(0);
  },
);
