import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { CardinalError } from '../../src/base/errors.ts';
import { parseHTML } from 'linkedom';
import { fromCsv, toCsv } from '../../src/study/csv.ts';
import type { Outcome } from '../../src/study/outcome.ts';
import { renderStudy } from '../../src/study/page.ts';
import { planStudy, type StudyPlan } from '../../src/study/plan.ts';
import { studies } from '../../src/study/studies/index.ts';

/** What the tests ask of linkedom's DOM, whose own types name the DOM library's. */
interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
}
interface Page {
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

/** Outcomes as a study might have them. */
function madeUp(plan: StudyPlan): Outcome[] {
  const rng = Rng.of(3, 'outcomes');
  return plan.runs.map(({ arm, seed }) => ({
    arm: arm.id,
    seed,
    values: {
      ...Object.fromEntries(plan.study.measures.map(({ key }) => [key, 30 + rng.float()])),
      difference: 1e-7,
    },
    epochs:
      plan.study.task === 'train'
        ? [1, 2, 3].map((epoch) => ({
            epoch,
            trainLoss: 1 / epoch,
            trainError: 50 / epoch,
            testLoss: 1.5,
            testError: 60 / epoch,
          }))
        : [],
    seconds: 12.5,
  }));
}

const facts = {
  command: 'npx cardinal study table3 --data "<pictures>"',
  date: new Date('2026-11-24T10:00:00Z'),
  versions: [['Cardinal', '9.9.9']] as const,
  dataName: '<b>pictures</b>',
  data: '<b>pictures</b>: trained on 6,000 pictures',
  notes: [],
};

describe.each(studies.map((study) => [study.name, study] as const))('the page of %s', (_, study) => {
  const plan = planStudy(study, { scale: 'small' });
  const outcomes = madeUp(plan);
  const page = renderStudy(plan, outcomes, facts);

  it('needs nothing beside itself', () => {
    expect(page.length).toBeLessThan(1_000_000);
    // Namespaces name no place to load from.
    const addresses = [...page.matchAll(/https?:\/\/[^"'\s)]+/g)].map(([address]) => address);
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)/);
    expect(page).not.toContain('<b>pictures');
  });

  it('is well-formed and says what was asked, found and published', () => {
    const { document } = parseHTML(page) as { document: Page };
    expect([...document.querySelectorAll('h1')]).toHaveLength(1);
    expect(document.querySelector('h1')?.textContent).toBe(study.title);
    expect(document.querySelector('.question')?.textContent).toBe(study.question);
    expect(document.querySelector('.verdict')?.textContent).toMatch(/This run/);
    const headings = [...document.querySelectorAll('h2')].map((heading) => heading.textContent);
    expect(headings).toEqual(expect.arrayContaining(['The claims', 'The setting', 'The command']));
    expect(headings.includes('Published')).toBe(study.published !== undefined);
    for (const chart of document.querySelectorAll('figure > svg')) {
      expect(chart.getAttribute('aria-label')).toMatch(/\w/);
    }
    // Nothing undefined or without a number has come through.
    expect(document.querySelector('main')?.textContent).not.toMatch(/undefined|NaN|\[object/);
    for (const path of document.querySelectorAll('path')) expect(path.getAttribute('d')).not.toMatch(/NaN/);
  });

  it('tells of runs that failed or are missing', () => {
    if (plan.runs.length === 0) return;
    const cut: Outcome[] = [{ ...outcomes[0], values: {}, failed: 'the loss is NaN' }, ...outcomes.slice(2)];
    const told = renderStudy(plan, cut, facts);
    expect(told).toContain('counts in no mean: the loss is NaN');
    expect(told).toContain(`1 of ${plan.runs.length} runs are not done`);
  });
});

describe('the table', () => {
  it.each(studies.map((study) => [study.name, study] as const))(
    'of %s reads as it was written',
    (_, study) => {
      const plan = planStudy(study, { scale: 'small' });
      const keys = study.measures.map(({ key }) => key);
      const outcomes = madeUp(plan).map((outcome) => ({
        ...outcome,
        values: Object.fromEntries(keys.map((key) => [key, outcome.values[key]])),
      }));
      const [first, ...rest] = outcomes;
      const all =
        outcomes.length === 0 ? [] : [{ ...first, values: {}, failed: '-NaN, "at once"; =really' }, ...rest];
      expect(fromCsv(toCsv(plan, all, 'a, "b"'), keys, 'table')).toEqual(all);
    },
  );

  it('is refused in one line if it is another', () => {
    expect(() => fromCsv('arm,seed\na,0\n', [], 'x.csv')).toThrow(CardinalError);
    expect(() => fromCsv('arm,seed\na,0\n', [], 'x.csv')).toThrow(/^x\.csv, row 1: epoch/);
  });
});
