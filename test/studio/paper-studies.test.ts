import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { studies as all } from '../../src/study/studies/index.ts';
import { studies } from '../../studio/src/paper/studies.ts';

const page = readFileSync('docs/paper.md', 'utf8');

it('tells of every study, and each has its page', () => {
  expect(studies.map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort());
  for (const { name } of studies)
    expect([name, existsSync(`docs/studies/${name}.html`)]).toEqual([name, true]);
});

it.each(studies)('says of $name what docs/paper.md says, to the digit', ({ name, result }) => {
  const row = page.split('\n').find((line) => line.startsWith(`| [${name}]`)) ?? '';
  for (const number of result.match(/\d+(?:\.\d+)?(?:e-?\d+)?/g) ?? []) {
    // The number of Inception's version is a name.
    expect(row).toContain(number);
  }
  const verdict = /^(agrees|undecided)/.exec(result)?.[0];
  if (verdict !== undefined) expect(row).toContain(verdict);
});
