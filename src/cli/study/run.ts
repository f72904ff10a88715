import { basename, join, resolve } from 'node:path';
import type { Backend } from '../../backends/backend.ts';
import { withEndings } from '../../base/endings.ts';
import { UsageError } from '../../base/errors.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { makeFolder, writeFileAtomic } from '../../node/files.ts';
import { defaultBackend } from '../../node/backends.ts';
import { machine } from '../../node/machine.ts';
import { openStudyPictures, type StudyPictures } from '../../node/study/pictures.ts';
import { runStudy } from '../../node/study/run-study.ts';
import { StudyFolder, type StudyConfig } from '../../node/study/study-folder.ts';
import { version } from '../../node/version.ts';
import { toCsv } from '../../study/csv.ts';
import { expectedSeconds } from '../../study/forecast.ts';
import { verdictSentence } from '../../study/claims.ts';
import type { Outcome } from '../../study/outcome.ts';
import { planStudy, withLength, type Length, type StudyPlan } from '../../study/plan.ts';
import { estimate, estimateText, valuesOf } from '../../study/statistics.ts';
import { findStudy, studies } from '../../study/studies/index.ts';
import type { Measure, Scale, Study } from '../../study/study.ts';
import { bundledPictures } from '../bundled.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { givenLimits } from '../flags/pictures.ts';
import { print, printJson, shellWord, tell } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';
import { onInterrupt } from '../process/interrupt.ts';
import { planDocument, planLines, type StudyForecast } from './plan.ts';
import { studyView } from './progress.ts';

/** Flags of `cardinal study`. */
export interface StudyFlags extends EngineFlags, PictureLimitOptions {
  readonly data?: string;
  readonly scale: Scale;
  readonly seeds?: number;
  readonly epochs?: number;
  readonly pictures?: number;
  readonly resume: boolean;
  readonly takeOver?: true;
  readonly verify: boolean;
  readonly dryRun: boolean;
  readonly runs?: string;
  readonly out?: string;
  readonly json: boolean;
}

/** `cardinal study`: lists the studies. */
export function listStudies({ json }: Pick<StudyFlags, 'json'>): void {
  if (json) {
    printJson(
      studies.map(({ name, title, question, source, task }) => ({ name, title, question, source, task })),
    );
    return;
  }
  print(
    alignColumns(
      studies.map(({ name, title }) => [name, title]),
      ['left', 'left'],
    ),
  );
}

/** `cardinal study NAME`: plans, runs, writes the table and the page. */
export async function study(name: string, flags: StudyFlags): Promise<void> {
  const chosen = findStudy(name);
  const runs = flags.runs ?? join('runs', `study-${chosen.name}-${flags.scale}`);
  const earlier = flags.resume ? await StudyFolder.config(runs) : undefined;
  const path = dataPath(chosen, flags, earlier);
  const { scale } = flags;
  const length = {
    epochs: flags.epochs ?? earlier?.epochs,
    trainPictures: flags.pictures ?? earlier?.pictures,
  };
  const limits = givenLimits({ ...earlier, ...givenLimits(flags) });
  const { training } = withLength(chosen.setting(scale), length);
  const pictures =
    path === undefined || training === undefined
      ? undefined
      : await openStudyPictures(path, training, limits);
  const seeds = flags.seeds ?? earlier?.seeds;
  const plan = planStudy(chosen, { scale, seeds, length, pictures: pictures?.atHand });
  await withBackend(flags, async (backend) => {
    const seconds = await expectedSeconds(plan, backend);
    const forecast = { plan, seconds, data: pictures?.description };
    if (flags.dryRun) {
      if (flags.json) printJson(planDocument(forecast));
      else print(planLines(forecast));
      return;
    }
    tell(planLines(forecast), '');
    await work({ forecast, runs, path, length, pictures, backend, flags: { ...flags, ...limits } });
  });
}

/** The folder of the pictures: as given, as before, or the bundled ones. Undefined if none are needed. */
function dataPath(chosen: Study, flags: StudyFlags, earlier: StudyConfig | undefined): string | undefined {
  const { data, scale, dryRun } = flags;
  if (chosen.task !== 'train') {
    if (data !== undefined) throw new UsageError(`--data: study ${chosen.name} trains nothing, leave it out`);
    return undefined;
  }
  const found = data ?? earlier?.data ?? (scale === 'small' ? bundledPictures() : undefined);
  if (found === undefined && !dryRun) {
    const meant = chosen.setting(scale).training?.pictures.name ?? 'pictures';
    throw new UsageError(
      `study ${chosen.name} at scale paper trains on ${meant}: give its folder with --data, or see the plan with --dry-run`,
    );
  }
  return found;
}

interface Work {
  readonly forecast: StudyForecast;
  readonly runs: string;
  readonly path: string | undefined;
  readonly length: Length;
  readonly pictures: StudyPictures | undefined;
  readonly backend: Backend;
  readonly flags: StudyFlags;
}

async function work({ forecast, runs, path, length, pictures, backend, flags }: Work): Promise<void> {
  const { plan, seconds } = forecast;
  const folder = await StudyFolder.open(runs, configOf(plan, path, length, flags), {
    resume: flags.resume,
    takeOver: flags.takeOver,
    onNotice: tell,
  });
  let say = (text: string): void => {
    tell(text);
  };
  const interrupt = onInterrupt('stopping with what is done', (text) => {
    say(text);
  });
  await withEndings(async (endings) => {
    endings.add(() => folder.close());
    endings.add(() => {
      interrupt.release();
    });
    const known = await Promise.all(plan.runs.map(({ id }) => folder.outcome(id)));
    const todo = plan.runs.filter((_, index) => known[index] === undefined);
    if (flags.resume) tell(`${plan.runs.length - todo.length} of ${plan.runs.length} runs are done already`);
    const expected = plan.runs.map((run) => ({ run, seconds: seconds.get(run.arm.id) ?? 0 }));
    const view = studyView(
      expected.filter((_, index) => known[index] === undefined),
      expected.filter((_, index) => known[index] !== undefined),
      (outcome) => resultText(plan, outcome),
    );
    say = (text) => {
      view.say(text);
    };
    let outcomes: Outcome[];
    try {
      outcomes = await runStudy({
        ...{ plan, folder, backend, pictures, signal: interrupt.signal },
        ...{ takeOver: flags.takeOver, verify: flags.verify },
        onStart: (run) => { view.start(run); }, // prettier-ignore
        onEvent: (event) => { view.event(event); }, // prettier-ignore
        onFinish: (outcome) => { view.finish(outcome); }, // prettier-ignore
      });
    } finally {
      view.stop();
    }
    if (outcomes.length < plan.runs.length) {
      tell(
        `${outcomes.length} of ${plan.runs.length} runs are done; go on with: ${commandOf(plan, flags, length, path)} --resume`,
      );
      process.exitCode = interrupt.exitCode;
      return;
    }
    interrupt.will('stopping as soon as the table and the page are written');
    await folder.check();
    await publish({ plan, outcomes, backend, pictures, path, length, flags, out: flags.out ?? runs });
    process.exitCode = interrupt.exitCode ?? process.exitCode;
  });
}

interface Publish extends Pick<Work, 'backend' | 'pictures' | 'path' | 'length' | 'flags'> {
  readonly plan: StudyPlan;
  readonly outcomes: readonly Outcome[];
  readonly out: string;
}

/** Writes the table and the page and prints what came out. */
async function publish({
  plan,
  outcomes,
  backend,
  pictures,
  path,
  length,
  flags,
  out,
}: Publish): Promise<void> {
  // Plot and its document take a while to load.
  const { renderStudy, whereOf } = await import('../../study/page.ts');
  const { study: chosen, setting } = plan;
  const data = path === undefined ? '' : basename(path);
  const facts = {
    command: commandOf(plan, flags, length, data),
    date: new Date(),
    versions: [
      ['Cardinal', version()],
      ['machine', machine(backend)],
    ] as const,
    ...(pictures === undefined ? {} : { dataName: data, data: pictures.description }),
    notes: [],
  };
  const table = join(out, `${chosen.name}.csv`);
  const page = join(out, `${chosen.name}.html`);
  await makeFolder(out);
  await writeFileAtomic(table, toCsv(plan, outcomes, data));
  await writeFileAtomic(page, renderStudy(plan, outcomes, facts));
  const checked = setting.check(outcomes);
  const verdict = verdictSentence(checked, whereOf(plan, facts));
  if (flags.json) {
    printJson({
      ...planDocument({ plan, seconds: new Map(), data: pictures?.description }),
      outcomes,
      claims: checked,
      verdict,
      table,
      page,
    });
    return;
  }
  print(
    outcomeLines(plan, outcomes),
    checked.map(({ claim, found, verdict: one }) => `${one}: ${claim} (${found})`),
    '',
    verdict,
    `written: ${table}, ${page}`,
  );
}

/** Mean and standard error of every network, as a table. */
function outcomeLines({ study: { measures }, arms }: StudyPlan, outcomes: readonly Outcome[]): string[] {
  if (arms.length === 0) return [];
  const cell = (arm: string, { key, digits }: Measure): string =>
    estimateText(estimate(valuesOf(outcomes, arm, key)), digits);
  const table = alignColumns(
    [
      ['network', ...measures.map(({ label, unit }) => `${label}, ${unit}`)],
      ...arms.map(({ arm }) => [arm.label, ...measures.map((measure) => cell(arm.id, measure))]),
    ],
    ['left', ...measures.map(() => 'right' as const)],
  );
  return [...table, ''];
}

function configOf(
  plan: StudyPlan,
  path: string | undefined,
  { epochs, trainPictures }: Length,
  flags: StudyFlags,
): StudyConfig {
  const { study: chosen, scale, setting, seeds } = plan;
  const { training, timing, arms } = setting;
  return {
    cardinal: version(),
    study: chosen.name,
    scale,
    ...(path === undefined ? {} : { data: resolve(path) }),
    setting: JSON.stringify({ arms: arms.map(({ id, network }) => [id, network]), training, timing }),
    seeds,
    ...(epochs === undefined ? {} : { epochs }),
    ...(trainPictures === undefined ? {} : { pictures: trainPictures }),
    ...givenLimits(flags),
  };
}

/** The command that does the study from the beginning. */
function commandOf(
  plan: StudyPlan,
  flags: StudyFlags,
  { epochs, trainPictures }: Length,
  data: string | undefined,
): string {
  const { study: chosen, scale, seeds } = plan;
  return [
    ...['npx', 'cardinal', 'study', chosen.name],
    ...(data === undefined || data === '' ? [] : ['--data', shellWord(data)]),
    ...['--scale', scale],
    ...(seeds === 0 ? [] : ['--seeds', String(seeds)]),
    ...(epochs === undefined ? [] : ['--epochs', String(epochs)]),
    ...(trainPictures === undefined ? [] : ['--pictures', String(trainPictures)]),
    ...(flags.maxPixels === undefined ? [] : ['--max-pixels', String(flags.maxPixels)]),
    ...(flags.decodeSeconds === undefined ? [] : ['--decode-seconds', String(flags.decodeSeconds)]),
    ...(flags.backend === defaultBackend ? [] : ['--backend', flags.backend]),
    ...(flags.threads === undefined ? [] : ['--threads', String(flags.threads)]),
    ...(flags.blas === undefined ? [] : [flags.blas ? '--blas' : '--no-blas']),
    ...(flags.runs === undefined ? [] : ['--runs', shellWord(flags.runs)]),
  ].join(' ');
}

function resultText({ study: { measures } }: StudyPlan, { values, failed }: Outcome): string {
  if (failed !== undefined) return `failed: ${failed}`;
  return measures
    .filter(({ key }) => Object.hasOwn(values, key))
    .map(({ key, label, unit, digits }) => `${label} ${values[key].toFixed(digits)} ${unit}`)
    .join(', ');
}
