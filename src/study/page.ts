import { largest } from '../base/extremes.ts';
import { count, duration, percent, short } from '../report/format.ts';
import { html, Html } from '../report/html.ts';
import { notes, page, section, settingRows } from '../report/parts.ts';
import { recipeRows } from '../report/recipe.ts';
import { drawCharts } from './charts.ts';
import { overall, verdictSentence, type CheckedClaim } from './claims.ts';
import type { Outcome } from './outcome.ts';
import { costDeviations, type StudyPlan } from './plan.ts';
import { estimate, estimateText, valuesOf } from './statistics.ts';
import type { Section, Table } from './study.ts';

/** What the page shows beside the outcomes. */
export interface PageFacts {
  /** The command that repeats the study. */
  readonly command: string;
  readonly date: Date;
  /** [what, which], in the order in which they are shown: versions, machine, library. */
  readonly versions: readonly (readonly [string, string])[];
  /** What the pictures are called, and how many are used for what. Absent if there are none. */
  readonly dataName?: string;
  readonly data?: string;
  /** Lines for the reader, e.g. that runs are missing. */
  readonly notes: readonly string[];
}

/** A study and what came of it, as one HTML page that needs nothing beside itself. */
export function renderStudy(plan: StudyPlan, outcomes: readonly Outcome[], facts: PageFacts): string {
  const { study, setting, scale } = plan;
  const checked = setting.check(outcomes);
  const charts = drawCharts(plan, outcomes);
  const body = html`<header>
      <h1>${study.title}</h1>
      <p>Study ${study.name}, scale ${scale} · ${facts.date.toISOString().slice(0, 10)}</p>
    </header>
    <main>
      <p class="question">${study.question}</p>
      <p class="lead source">${study.source}</p>
      <div class="verdict ${overall(checked).replace(' ', '-')}" role="note">
        <p>${verdictSentence(checked, whereOf(plan, facts))}</p>
      </div>
      ${notes([...facts.notes, ...failures(plan, outcomes)])}
      ${section('The claims', claimLead(plan), claimTable(checked))}
      ${section('What came out', resultLead(plan), resultTable(plan, outcomes))}
      ${charts.length === 0 ? undefined : html`<div class="charts wide-charts">${charts}</div>`}
      ${(study.sections?.(setting, outcomes) ?? []).map(ownSection)}
      ${study.published && section('Published', publishedLead(plan), tableOf(study.published))}
      ${section('The setting', setting.description, settings(plan, outcomes, facts))}
      ${section('The command', commandLead(plan), html`<pre>${facts.command}</pre>`)}
    </main>
    <footer>
      Made by Cardinal. A MAC is one multiply–accumulate of a weight (two FLOPs), counted for one picture.
    </footer>`;
  return page(`${study.title}: study ${study.name}`, studyStyle, body);
}

/** On what the verdict was reached, for its sentence. */
export function whereOf(
  { scale, study, workload }: StudyPlan,
  { dataName }: Pick<PageFacts, 'dataName'>,
): string {
  if (study.task !== 'train' || workload === undefined) return '';
  return `at scale ${scale}, on ${count(workload.trainPictures)} pictures of ${dataName ?? 'the data'}`;
}

function failures({ runs }: StudyPlan, outcomes: readonly Outcome[]): string[] {
  const missing = runs.length - outcomes.length;
  return [
    ...outcomes.flatMap(({ arm, seed, failed }) =>
      failed === undefined ? [] : [`${arm} with seed ${seed} failed and counts in no mean: ${failed}`],
    ),
    ...(missing > 0 ? [`${missing} of ${runs.length} runs are not done: the study was cut short.`] : []),
  ];
}

function publishedLead({ study }: StudyPlan): string {
  return study.task === 'train'
    ? 'Figures of the paper, of its own networks on its own data. They are not comparable with the errors above; only the differences within each are.'
    : 'As the paper prints it.';
}

function commandLead({ study }: StudyPlan): string {
  return study.task === 'train'
    ? 'It repeats the study. The same seeds give the same numbers, with the same native library and as many threads.'
    : 'It repeats the study.';
}

function claimLead({ study }: StudyPlan): string | undefined {
  return study.task === 'count'
    ? undefined
    : 'A claim agrees if the difference exceeds the half of its 95 % interval (Student’s t, spread between runs pooled over all networks), disagrees if it does so the other way, and is undecided otherwise (“cannot tell”).';
}

function claimTable(checked: readonly CheckedClaim[]): Html {
  const published = checked.some((one) => one.published !== undefined);
  return html`<div class="wide claims">
    <table>
      <thead>
        <tr>
          <th scope="col">claim of the paper</th>
          <th scope="col">found here</th>
          ${published ? html`<th scope="col">published</th>` : undefined}
          <th scope="col">verdict</th>
        </tr>
      </thead>
      <tbody>
        ${checked.map(
          (one) =>
            html`<tr>
              <th scope="row">${one.claim}</th>
              <td>${one.found}</td>
              ${published ? html`<td>${one.published ?? '–'}</td>` : undefined}
              <td><span class="badge ${one.verdict.replace(' ', '-')}">${one.verdict}</span></td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function resultLead({ study, seeds }: StudyPlan): string | undefined {
  if (study.task === 'count') return undefined;
  const what = study.task === 'train' ? 'seed' : 'repetition';
  return seeds === 1
    ? `One ${what} of each: there is no standard error.`
    : `Mean ± standard error over ${seeds} ${what}s.`;
}

function resultTable({ arms, study }: StudyPlan, outcomes: readonly Outcome[]): Html | undefined {
  if (arms.length === 0) return undefined;
  const published = arms.some(({ arm }) => arm.published !== undefined);
  const head = [
    'network',
    'parameters',
    'MACs',
    ...study.measures.map(({ label, unit }) => `${label}, ${unit}`),
  ];
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          ${head.map((text, index) => html`<th scope="col" ${new Html(index === 0 ? '' : ' class="n"')}>${text}</th>`)}
          ${published ? html`<th scope="col" class="n published">published top-1, %</th>` : undefined}
        </tr>
      </thead>
      <tbody>
        ${arms.map(
          ({ arm, cost }) =>
            html`<tr>
              <th scope="row">${arm.label}</th>
              <td class="n">${count(cost.params)}</td>
              <td class="n">${short(cost.macs)}</td>
              ${study.measures.map((measure) => html`<td class="n">${estimateText(estimate(valuesOf(outcomes, arm.id, measure.key)), measure.digits)}</td>`)}
              ${published ? html`<td class="n published">${arm.published?.toFixed(1) ?? '–'}</td>` : undefined}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function ownSection({ title, lead, body }: Section): Html | undefined {
  return section(title, lead, body instanceof Html ? body : tableOf(body));
}

function tableOf({ caption, head, rows }: Table): Html {
  return html`<div class="wide">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head.map((text, index) => html`<th scope="col" ${new Html(index === 0 ? '' : ' class="n"')}>${text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...cells]) =>
            html`<tr>
              <th scope="row">${first}</th>
              ${cells.map((cell) => html`<td class="n">${cell}</td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

function settings(plan: StudyPlan, outcomes: readonly Outcome[], { data, versions }: PageFacts): Html {
  const { setting, seeds, workload, runs } = plan;
  const { training } = setting;
  const worst = largest(
    costDeviations(plan).map(({ deviation }) => Math.abs(deviation)),
    0,
  );
  const rows: (readonly [string, string | undefined])[] = [
    ...(data === undefined ? [] : [['data', data] as const]),
    ...(workload === undefined ? [] : [['input', `${workload.inputShape.join('×')}, ${workload.classes} classes`] as const]), // prettier-ignore
    ...(training === undefined ? [] : recipeRows(training.recipe)),
    ...(runs.length === 0 ? [] : [['runs', `${runs.length}: ${plan.arms.length} networks, ${seeds} ${seedWord(plan)} (${seedList(seeds)})`] as const]), // prettier-ignore
    ...(runs.length === 0
      ? []
      : [['time', duration(outcomes.reduce((sum, { seconds }) => sum + seconds, 0))] as const]),
    ...(setting.costs.length === 0 ? [] : [['costs', `within ${percent(worst, 1)} of what the comparison asks for`] as const]), // prettier-ignore
    ...versions,
  ];
  return settingRows(rows);
}

function seedWord({ study, seeds }: StudyPlan): string {
  const word = study.task === 'train' ? 'seed' : 'repetition';
  return seeds === 1 ? word : `${word}s`;
}

function seedList(seeds: number): string {
  return seeds === 1 ? '0' : `0 to ${seeds - 1}`;
}

/** Okabe–Ito colours, darkened where the ground is white. */
/** What studies' pages have beside the style of reports. */
export const studyStyle = `
:root { --s1: #005b99; --s2: #c04f00; --s3: #00704f; --s4: #9c4a7f; --s5: #7a6200; --s6: #4a4f57; --s7: #1b86b8; --good: #00704f; --bad: #b3400a; --open: #596069; }
@media (prefers-color-scheme: dark) {
  :root { --s1: #56b4e9; --s2: #e69f00; --s3: #2fc295; --s4: #d991bd; --s5: #f0e442; --s6: #c3c9d1; --s7: #8ecbff; --good: #2fc295; --bad: #ff9a4d; --open: #a3abb5; }
}
.question { font-size: 1.15rem; max-width: 46rem; margin: 1.25rem 0 .5rem; }
.source { margin: 0 0 1rem; }
.verdict { border-left: 4px solid var(--open); background: var(--card); padding: .8rem 1.1rem; border-radius: 0 8px 8px 0; }
.verdict p { margin: 0; font-weight: 600; max-width: 60rem; }
.verdict.agrees { border-color: var(--good); } .verdict.disagrees { border-color: var(--bad); }
.badge { white-space: nowrap; font-weight: 600; } .badge.agrees { color: var(--good); } .badge.disagrees { color: var(--bad); } .badge.cannot-tell { color: var(--open); }
.charts.wide-charts { grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); margin-top: 1.75rem; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding-bottom: .35rem; }
td.published, th.published { color: var(--s2); }
thead th { vertical-align: bottom; white-space: normal; }
td { min-width: 4rem; }
.claims tbody th { max-width: 24rem; min-width: 9rem; }
`;
