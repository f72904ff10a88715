import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { outcomesOf, studyResults } from '../../scripts/study-results.ts';
import { planStudy } from '../../src/study/plan.ts';
import { studies as all } from '../../src/study/studies/index.ts';

const page = readFileSync('docs/paper.md', 'utf8');
const results = await studyResults();

it('there is a result of every study, and each has its page', () => {
  expect(results.map(({ name }) => name)).toEqual(all.map(({ name }) => name));
  for (const { name } of results)
    expect([name, existsSync(`docs/studies/${name}.html`)]).toEqual([name, true]);
});

it.each(all)('what the page of $name claims follows from its table', (study) => {
  const outcomes = outcomesOf(study, readFileSync(`docs/studies/${study.name}.csv`, 'utf8'));
  const computed = planStudy(study, { scale: 'small' }).setting.check(outcomes);
  const claims = results.find(({ name }) => name === study.name)?.claims;
  expect(claims).toHaveLength(computed.length);
  computed.forEach((own, at) => {
    // How far outputs are apart is in no table.
    if (own.claim === 'the three forms compute the same') expect(claims?.[at]?.verdict).toBe('agrees');
    else expect(claims?.[at]).toEqual(own);
  });
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
