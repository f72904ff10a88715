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
 * contenders: pages of Chromium and Firefox, each in a browser of its own, and Cardinal in Node beside them.
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
import { measure, printMeasured, type Outcome } from './compare/rounds.ts';
import { roofsCsv, shapeCsv, shapeRows, workCsv, workRows, type WorkRow } from './compare/rows.ts';
import { suites, type LayerWork, type Work } from './compare/work.ts';
import { save } from './compare/save.ts';
import { replaceSection } from './compare/section.ts';

interface Flags {
  readonly runs: number;
  readonly threads: number;
  readonly only?: string;
  readonly docs: boolean;
}

/** Suites whose tables are in the docs. */
const documented = ['shapes', 'browser'];
const docs = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

await runBench(
  benchCommand(
    'bench',
    'Times Cardinal and its peers on the same work, in turn, and writes tables and charts to bench/results.',
  )
    .argument('[suites...]', 'suites to run (all)')
    .option('--runs <n>', 'rounds that count', integer('--runs', 1, 1000), 7)
    .option('--threads <n>', 'threads of every contender', integer('--threads', 1, 256), 2)
    .option('--only <work>', 'one work of the suites; it is printed and not saved')
    .option('--docs', 'put the tables of the suites shapes and browser into docs/performance.md', false)
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
    works: suites[suite].works.map((make) => make()).filter(({ id }) => id === (flags.only ?? id)),
  }));
  if (flags.docs && (flags.only !== undefined || !chosen.some((name) => documented.includes(name)))) {
    throw new UsageError(
      `--docs puts tables of the whole suites ${documented.join(' and ')} into the docs: name one, without --only`,
    );
  }
  if (works.every((one) => one.works.length === 0)) {
    throw new UsageError(`no work '${flags.only}' in ${chosen.join(', ')}`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-bench-'));
  try {
    for (const { suite, works: own } of works) {
      if (own.length === 0) continue;
      if (suite === 'shapes') await runShapes(own, flags, folder);
      else if (suite === 'browser') await runPages(own, flags, folder);
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
  if (flags.only !== undefined) return;
  await save(suite, 'csv', workCsv(rows, flags.threads));
  await save(suite, 'svg', workChart(rows));
}

async function runPages(works: readonly Work[], flags: Flags, folder: string): Promise<void> {
  const outcomes: { work: Work; outcome: Outcome }[] = [];
  for (const work of works) {
    const entrants = pageEntrants(work, flags.threads);
    outcomes.push({ work, outcome: await runWork(work, flags, folder, entrants) });
  }
  const table = pageTable(outcomes);
  console.log(`\n${table}`);
  if (flags.only !== undefined) return;
  const rows = outcomes.flatMap(({ work, outcome }) => workRows(work, outcome.measured));
  await save('browser', 'csv', workCsv(rows, flags.threads));
  await save('browser', 'svg', workChart(rows));
  await save('browser', 'md', table);
  if (flags.docs) await replaceSection(docs, 'browser', table);
}

async function runShapes(works: readonly Work[], flags: Flags, folder: string): Promise<void> {
  const { threads, only } = flags;
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
  if (only !== undefined) return;
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
  { runs, threads }: Flags,
  folder: string,
  given?: readonly Entrant[],
): Promise<Outcome> {
  console.log(`\n${work.title} (${threads} threads, ${runs} rounds)`);
  const entrants = given ?? (await entrantsFor(work, { threads, blas: await findBlas(), folder }));
  const outcome = await measure(work, entrants, runs, folder);
  printMeasured(outcome.measured);
  return outcome;
}

function describeSuites(): string {
  return Object.entries(suites)
    .map(([name, { summary, works }]) => {
      const ids = works.map((make) => make().id).join(', ');
      return `  ${name.padEnd(10)} ${summary}\n  ${' '.repeat(10)} ${ids}`;
    })
    .join('\n');
}
