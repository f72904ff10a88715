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
 * python3-torchvision) in both memory layouts. What is not installed is left out, and said.
 */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../src/base/errors.ts';
import { integer } from '../src/cli/flags.ts';
import { findBlas } from '../src/node/blas.ts';
import { benchCommand, runBench } from './command.ts';
import { shapeChart, workChart } from './compare/chart.ts';
import { entrantsFor } from './compare/entrants.ts';
import { layerTables, stageTables } from './compare/roofline.ts';
import { measureRoofs } from './compare/roofs.ts';
import { measure, printMeasured } from './compare/rounds.ts';
import {
  roofsCsv,
  shapeCsv,
  shapeRows,
  workCsv,
  workRows,
  type ShapeRow,
  type WorkRow,
} from './compare/rows.ts';
import { suites, type Work } from './compare/work.ts';
import { replaceSection } from './compare/section.ts';

interface Flags {
  readonly runs: number;
  readonly threads: number;
  readonly only?: string;
  readonly docs: boolean;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const docs = join(here, '../docs/performance.md');

await runBench(
  benchCommand(
    'bench',
    'Times Cardinal and its peers on the same work, in turn, and writes tables and charts to bench/results.',
  )
    .argument('[suites...]', 'suites to run (all)')
    .option('--runs <n>', 'rounds that count', integer('--runs', 1, 1000), 7)
    .option('--threads <n>', 'threads of every contender', integer('--threads', 1, 256), 2)
    .option('--only <work>', 'one work of the suites; it is printed and not saved')
    .option('--docs', 'put the tables by stage of the suite shapes into docs/performance.md', false)
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
  if (flags.docs && (flags.only !== undefined || !chosen.includes('shapes'))) {
    throw new UsageError(
      '--docs puts tables of the whole suite shapes into the docs: name it, without --only',
    );
  }
  if (works.every((one) => one.works.length === 0)) {
    throw new UsageError(`no work '${flags.only}' in ${chosen.join(', ')}`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-bench-'));
  try {
    for (const { suite, works: own } of works) if (own.length > 0) await run(suite, own, flags, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(
  suite: string,
  works: readonly Work[],
  { runs, threads, only, docs: intoDocs }: Flags,
  folder: string,
): Promise<void> {
  const blas = await findBlas();
  const roofs = suite === 'shapes' ? await measureRoofs(threads, blas !== undefined) : undefined;
  const rows: WorkRow[] = [];
  const shapes: ShapeRow[] = [];
  for (const work of works) {
    console.log(`\n${work.title} (${threads} threads, ${runs} rounds)`);
    const measured = await measure(work, await entrantsFor(work, { threads, blas, folder }), runs, folder);
    printMeasured(measured);
    rows.push(...workRows(work, measured));
    if (roofs !== undefined && work.kind === 'shapes') shapes.push(...shapeRows(work, measured, roofs));
  }
  if (roofs !== undefined) console.log(`\n${stageTables(shapes, roofs)}`);
  // A part must not take the place of the whole.
  if (only !== undefined) return;
  if (roofs === undefined) {
    await save(suite, 'csv', workCsv(rows, threads));
    await save(suite, 'svg', workChart(rows));
    return;
  }
  await save(suite, 'csv', shapeCsv(shapes, threads));
  await save(`${suite}-roofs`, 'csv', roofsCsv(roofs));
  for (const { id } of works) {
    await save(`${suite}-${id}`, 'svg', shapeChart(shapes.filter(({ work }) => work.id === id)));
  }
  await save(suite, 'md', layerTables(shapes, roofs));
  if (intoDocs) await replaceSection(docs, 'shapes', stageTables(shapes, roofs));
}

async function save(name: string, extension: string, text: string): Promise<void> {
  const cpu = cpus()[0]
    .model.replace(/[^\w]+/g, '-')
    .toLowerCase();
  const file = `${name}-${cpu}-node${process.versions.node}.${extension}`;
  await mkdir(join(here, 'results'), { recursive: true });
  await writeFile(join(here, 'results', file), text);
  console.log(`wrote bench/results/${file}`);
}

function describeSuites(): string {
  return Object.entries(suites)
    .map(([name, { summary, works }]) => {
      const ids = works.map((make) => make().id).join(', ');
      return `  ${name.padEnd(10)} ${summary}\n  ${' '.repeat(10)} ${ids}`;
    })
    .join('\n');
}
