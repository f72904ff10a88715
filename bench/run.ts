/**
 * Times Cardinal and its peers on the same work, in turn, and writes bench/results/<suite>-<cpu>-<versions>.csv and charts
 * beside it.
 *
 *   npm run bench -- --help
 *
 * Every contender is a process of its own. Each round runs all of them once, one after the other, so that a machine that
 * slows down slows down for all; the first round warms up and is not counted. Figures are medians; ratios are medians of the
 * rounds' ratios. Before the first round the results of all are compared: a contender that computes something else is an
 * error. Peers: onnxruntime-node, onnxruntime-web and TensorFlow.js (`npm ci --prefix bench`), PyTorch (Debian: python3-torch
 * python3-torchvision) in both memory layouts. What is not installed is left out, and said. The suite `browser` has other
 * contenders: pages of Chromium and Firefox, each in a browser of its own, and Cardinal in Node beside them; `scaling` has processes
 * under mpirun, and PyTorch's DistributedDataParallel beside them; `lineage` has this library alone; `serving` has servers, which a further process asks (autocannon), and
 * no round that is not counted: each server is warmed up by itself.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../src/base/errors.ts';
import { integer } from '../src/cli/flags/values.ts';
import { findBlas } from '../src/node/blas.ts';
import { pageEntrants } from './browser/entrants.ts';
import { pageTable } from './browser/table.ts';
import { benchCommand, runBench } from './command.ts';
import { shapeChart, workChart } from './compare/chart.ts';
import { entrantsFor } from './compare/entrants.ts';
import { layerTables, stageTables } from './compare/roofline.ts';
import { higherRoofs, measureRoofs } from './compare/roofs.ts';
import type { Entrant } from './compare/contender.ts';
import { familyTable } from './families/table.ts';
import { measure, printMeasured, type Outcome } from './compare/rounds.ts';
import { roofsCsv, shapeCsv, shapeRows, workCsv, workRows, type WorkRow } from './compare/rows.ts';
import { suites, type LayerWork, type Work } from './compare/work.ts';
import { runLineage } from './lineage/run.ts';
import { runScaling } from './scaling/run.ts';
import { runServing } from './serving/run.ts';
import { save } from './compare/save.ts';
import { replaceSection } from './compare/section.ts';

interface Flags {
  readonly runs: number;
  readonly threads?: number;
  readonly only?: readonly string[];
  readonly contenders?: readonly string[];
  readonly docs: boolean;
}

/** Suites whose tables are in the docs. */
const documented = ['shapes', 'families', 'browser', 'scaling', 'serving', 'lineage'];
const docs = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

await runBench(
  benchCommand(
    'bench',
    'Times Cardinal and its peers on the same work, in turn, and writes tables and charts to bench/results.',
  )
    .argument('[suites...]', 'suites to run (all)')
    .option('--runs <n>', 'rounds that count', integer('--runs', 1, 1000), 7)
    .option(
      '--threads <n>',
      'threads of every contender (2; scaling: 1 a rank)',
      integer('--threads', 1, 256),
    )
    .option(
      '--only <works>',
      'works of the suites, or networks, with commas between; printed and not saved',
      listed,
    )
    .option(
      '--contenders <names>',
      'those whose name has one of these, with commas between, as in Cardinal,PyTorch; printed and not saved',
      listed,
    )
    .option('--docs', `put the tables of the suites ${documented.join(', ')} into the docs`, false)
    .addHelpText('after', `\nSuites and their works:\n${describeSuites()}`)
    .action(main),
);

async function main(names: readonly string[], flags: Flags): Promise<void> {
  const chosen = names.length > 0 ? names : Object.keys(suites);
  for (const name of chosen) {
    if (!Object.hasOwn(suites, name)) {
      throw new UsageError(`no suite '${name}', expected some of ${Object.keys(suites).join(', ')}`);
    }
  }
  const works = chosen.map((suite) => ({
    suite,
    works: suites[suite].works.map((make) => make()).filter((work) => isChosen(work, flags.only)),
  }));
  if (flags.docs && (!isWhole(flags) || !chosen.some((name) => documented.includes(name)))) {
    throw new UsageError(
      `--docs puts tables of the whole suites ${documented.join(', ')} into the docs: name one, without --only and --contenders`,
    );
  }
  if (flags.threads !== undefined && chosen.includes('scaling')) {
    throw new UsageError('--threads is not for the suite scaling, whose ranks have one thread each');
  }
  for (const suite of ['scaling', 'serving', 'lineage']) {
    if (flags.contenders !== undefined && chosen.includes(suite))
      throw new UsageError(`--contenders is not for the suite ${suite}, which compares all of its own`);
  }
  const unknown = flags.only?.find(
    (name) => !works.some((one) => one.works.some((work) => isChosen(work, [name]))),
  );
  if (unknown !== undefined) throw new UsageError(`no work '${unknown}' in ${chosen.join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-bench-'));
  try {
    for (const { suite, works: own } of works) {
      if (own.length === 0) continue;
      if (suite === 'shapes') await runShapes(own, flags, folder);
      else if (suite === 'browser') await runTabled(suite, own, flags, folder, pageTable);
      else if (suite === 'families') await runTabled(suite, own, flags, folder, familyTable);
      else if (suite === 'scaling') await runScaling(own, { ...flags, isWhole: isWhole(flags) }, folder);
      else if (suite === 'lineage') await runLineage(own, { ...flags, threads: threadsOf(flags) });
      else if (suite === 'serving')
        await runServing(own, { ...flags, threads: threadsOf(flags), isWhole: isWhole(flags) }, folder);
      else await runWorks(suite, own, flags, folder);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runWorks(suite: string, works: readonly Work[], flags: Flags, folder: string): Promise<void> {
  const rows: WorkRow[] = [];
  for (const work of works) rows.push(...workRows(work, (await runWork(work, flags, folder)).measured));
  // A part must not take the place of the whole.
  if (!isWhole(flags)) return;
  await save(suite, 'csv', workCsv(rows, threadsOf(flags)));
  await save(suite, 'svg', workChart(rows));
}

/** Works whose figures are a table as well, which the docs have. */
async function runTabled(
  suite: 'browser' | 'families',
  works: readonly Work[],
  flags: Flags,
  folder: string,
  tableOf: (outcomes: readonly { work: Work; outcome: Outcome }[]) => string,
): Promise<void> {
  const outcomes: { work: Work; outcome: Outcome }[] = [];
  for (const work of works) {
    const entrants = suite === 'browser' ? pageEntrants(work, threadsOf(flags)) : undefined;
    outcomes.push({ work, outcome: await runWork(work, flags, folder, entrants) });
  }
  const table = tableOf(outcomes);
  console.log(`\n${table}`);
  if (!isWhole(flags)) return;
  const rows = outcomes.flatMap(({ work, outcome }) => workRows(work, outcome.measured));
  await save(suite, 'csv', workCsv(rows, threadsOf(flags)));
  await save(suite, 'svg', workChart(rows));
  await save(suite, 'md', table);
  if (flags.docs) await replaceSection(docs, suite, table);
}

async function runShapes(works: readonly Work[], flags: Flags, folder: string): Promise<void> {
  const threads = threadsOf(flags);
  const hasBlas = (await findBlas()) !== undefined;
  let roofs = await measureRoofs(threads, hasBlas);
  const results: { work: LayerWork; measured: Outcome['measured'] }[] = [];
  for (const work of works) {
    if (!('layers' in work)) continue;
    results.push({ work, measured: (await runWork(work, flags, folder)).measured });
    roofs = higherRoofs(roofs, await measureRoofs(threads, hasBlas));
  }
  const rows = results.flatMap(({ work, measured }) => shapeRows(work, measured, roofs));
  const stages = stageTables(rows, roofs);
  console.log(`\n${stages}`);
  if (!isWhole(flags)) return;
  await save('shapes', 'csv', shapeCsv(rows, threads));
  await save('shapes-roofs', 'csv', roofsCsv(roofs));
  for (const { id } of works) {
    await save(`shapes-${id}`, 'svg', shapeChart(rows.filter(({ work }) => work.id === id)));
  }
  await save('shapes', 'md', layerTables(rows, roofs));
  if (flags.docs) await replaceSection(docs, 'shapes', stages);
}

async function runWork(
  work: Work,
  flags: Flags,
  folder: string,
  given?: readonly Entrant[],
): Promise<Outcome> {
  const { runs, contenders } = flags;
  const threads = threadsOf(flags);
  console.log(`\n${work.title} (${threads} threads, ${runs} rounds)`);
  const all = given ?? (await entrantsFor(work, { threads, blas: await findBlas(), folder }));
  const entrants = contenders
    ? all.filter(({ name }) => contenders.some((part) => name.includes(part)))
    : all;
  if (entrants.length === 0) {
    throw new UsageError(
      `--contenders: none of ${work.id} has such a name, expected parts of ${all.map(({ name }) => name).join(', ')}`,
    );
  }
  const outcome = await measure(work, entrants, runs, folder);
  printMeasured(outcome.measured);
  return outcome;
}

function listed(text: string): string[] {
  return text.split(',');
}

/** Whether all works of a suite are run with all contenders: a part is not saved. */
function isWhole({ only, contenders }: Flags): boolean {
  return only === undefined && contenders === undefined;
}

function isChosen(work: Work, only: readonly string[] | undefined): boolean {
  return only?.some((name) => name === work.id || ('model' in work && name === work.model)) ?? true;
}

function threadsOf({ threads = 2 }: Flags): number {
  return threads;
}

function describeSuites(): string {
  return Object.entries(suites)
    .map(([name, { summary, works }]) => {
      const ids = works.map((make) => make().id).join(', ');
      return `  ${name.padEnd(10)} ${summary}\n  ${' '.repeat(10)} ${ids}`;
    })
    .join('\n');
}
