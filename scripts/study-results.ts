/** What the studio's page shows of the studies: their pages and tables in docs/studies, so that it cannot say anything else. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { separableRatio } from '../src/cost/index.ts';
import { overall } from '../src/study/claims.ts';
import { fromCsv } from '../src/study/csv.ts';
import type { Outcome } from '../src/study/outcome.ts';
import { planStudy, type StudyPlan } from '../src/study/plan.ts';
import { estimate, valuesOf } from '../src/study/statistics.ts';
import { studies } from '../src/study/studies/index.ts';
import type { Study } from '../src/study/study.ts';
import type { StudyChart, StudyResult, Verdict } from '../studio/src/paper/study-result.ts';
import { root } from './on-node.ts';

export function studyResults(): Promise<StudyResult[]> {
  return Promise.all(
    studies.map(async (study) => {
      const path = join(root, 'docs/studies', study.name);
      const outcomes = outcomesOf(study, await readFile(`${path}.csv`, 'utf8'));
      return {
        ...{ name: study.name, title: study.title, question: study.question },
        ...readPage(await readFile(`${path}.html`, 'utf8'), path),
        charts: chartsOf(planStudy(study, { scale: 'small' }), outcomes),
      };
    }),
  );
}

export function outcomesOf({ name, measures }: Study, csv: string): Outcome[] {
  return fromCsv(
    csv,
    measures.map(({ key }) => key),
    name,
  );
}

/** What is used of linkedom's elements, whose own types name the DOM library's. */
interface Element {
  readonly textContent: string;
  readonly children: readonly Element[];
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

/** What the study's own page says: some of it (how far forms are apart) is in no table. Throws an `Error` if the page is another. */
function readPage(html: string, path: string): Pick<StudyResult, 'verdict' | 'sentence' | 'claims'> {
  const { document } = parseHTML(html) as { document: Element };
  const textOf = (element: Element | null | undefined): string =>
    (element?.textContent ?? '').replace(/\s+/g, ' ').trim();
  const sentence = textOf(document.querySelector('.verdict p'));
  const claims = [...document.querySelectorAll('.claims tbody tr')].map(({ children }) => {
    const [claim, found, ...rest] = children.map(textOf);
    const verdict = verdictIn(rest.at(-1), path);
    return { claim, found, verdict, ...(rest.length === 2 && rest[0] !== '–' ? { published: rest[0] } : {}) };
  });
  if (sentence === '' || claims.length === 0) throw new Error(`${path}.html has no claims`);
  return { sentence, claims, verdict: overall(claims) };
}

function verdictIn(text: string | undefined, path: string): Verdict {
  if (text === 'agrees' || text === 'disagrees' || text === 'cannot tell') return text;
  throw new Error(`${path}.html has a verdict ${String(text)}`);
}

function chartsOf(plan: StudyPlan, outcomes: readonly Outcome[]): StudyChart[] {
  if (outcomes.length === 0) return [];
  if (plan.study.name === 'depthwise') return [separableChart(plan, outcomes)];
  return plan.study.charts.map((name) => {
    if (name === 'curves') return curves(plan, outcomes);
    return name === 'parameters' ? byParameters(plan, outcomes) : armsChart(plan, outcomes);
  });
}

function armsChart({ study, arms }: StudyPlan, outcomes: readonly Outcome[]): StudyChart {
  const [{ key, label, unit }] = study.measures;
  return {
    kind: 'arms',
    ...{ title: label, unit },
    arms: arms.flatMap(({ arm }) => {
      const runs = valuesOf(outcomes, arm.id, key).map(rounded);
      const mean = estimate(runs)?.mean;
      return mean === undefined ? [] : [{ label: arm.label, mean: rounded(mean), runs }];
    }),
  };
}

/** Test error over the epochs where it was looked at, else training error; means of the seeds. */
function curves({ arms }: StudyPlan, outcomes: readonly Outcome[]): StudyChart {
  const epochs = [...new Set(outcomes.flatMap((outcome) => outcome.epochs.map(({ epoch }) => epoch)))];
  const meanAt = (arm: string, wanted: number): number | undefined =>
    estimate(
      outcomes.flatMap((outcome) =>
        outcome.arm !== arm
          ? []
          : outcome.epochs.flatMap(({ epoch, trainError }) => (epoch === wanted ? [trainError] : [])),
      ),
    )?.mean;
  return {
    kind: 'lines',
    ...{ title: 'training error while training', x: 'epoch', unit: '%' },
    lines: arms.map(({ arm }) => ({
      name: arm.label,
      points: epochs.flatMap((x) => {
        const y = meanAt(arm.id, x);
        return y === undefined ? [] : [{ x, y: rounded(y) }];
      }),
    })),
  };
}

/** Figure 7: a line for each series; an arm without one is where all begin. */
function byParameters({ study, arms }: StudyPlan, outcomes: readonly Outcome[]): StudyChart {
  const [{ key, label, unit }] = study.measures;
  const names = [...new Set(arms.flatMap(({ arm }) => arm.series ?? []))];
  return {
    kind: 'lines',
    ...{ title: label, x: 'parameters', unit, log: 10 },
    lines: names.map((name) => ({
      name,
      points: arms.flatMap(({ arm, cost }) => {
        const mean = estimate(valuesOf(outcomes, arm.id, key))?.mean;
        const isOn = arm.series === undefined || arm.series === name;
        return mean === undefined || !isOn ? [] : [{ x: cost.params, y: rounded(mean) }];
      }),
    })),
  };
}

/** What separating leaves of an ordinary convolution: counted, and measured. */
function separableChart({ arms }: StudyPlan, outcomes: readonly Outcome[]): StudyChart {
  const channels = arms.flatMap(({ arm }) => Number(/^standard-(\d+)$/.exec(arm.id)?.[1] ?? []) || []);
  const time = (kind: string, n: number): number =>
    estimate(valuesOf(outcomes, `${kind}-${n}`, 'forward'))?.mean ?? NaN;
  const measured = (n: number): number => (time('depthwise', n) + time('pointwise', n)) / time('standard', n);
  return {
    kind: 'lines',
    ...{ title: 'what is left of the ordinary convolution', x: 'channels', unit: '%', log: 2 },
    lines: [
      {
        name: 'counted: 1/N + 1/9',
        points: channels.map((x) => ({ x, y: rounded(100 * separableRatio(x, 3)) })),
      },
      { name: 'measured time', points: channels.map((x) => ({ x, y: rounded(100 * measured(x)) })) },
    ],
  };
}

/** Four digits: a chart shows no more. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
