/**
 * Times Cardinal and its peers on the same work, in turn, and writes bench/results/<suite>-<cpu>-<versions>.csv and a
 * chart beside it.
 *
 *   npm run bench [-- inference|training|layers …] [--runs 7] [--threads 2] [--only ID]
 *
 * Every contender is a process of its own. Each round runs all of them once, one after the other, so that a machine that
 * slows down slows down for all; the first round warms up and is not counted. Figures are medians; ratios are medians of the
 * rounds' ratios. Before the first round the results of all are compared: a contender that computes something else is an
 * error. Peers: onnxruntime-node and onnxruntime-web (`npm ci --prefix bench`), PyTorch (Debian: python3-torch
 * python3-torchvision) in both memory layouts. What is not installed is left out, and said.
 */
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createModel } from '../src/models/index.ts';
import { findBlas } from '../src/node/blas.ts';
import { pytorchParts } from '../src/weights/pytorch/write.ts';
import { entriesOf } from '../src/weights/safetensors.ts';
import { chartOf } from './compare/chart.ts';
import { Contender, type Entrant } from './compare/contender.ts';
import { suites, type Work } from './compare/work.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '7' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
/** Milliseconds. */
const pause = 300;
const here = fileURLToPath(new URL('.', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'cardinal-bench-'));
const rounds = Number(values.runs);
const threads = Number(values.threads);
const blas = await findBlas();

/** A contender's row of the table. */
export interface Row {
  readonly work: string;
  readonly title: string;
  readonly contender: string;
  readonly version: string;
  /** Milliseconds: median, least, most. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly peakBytes: number;
}

try {
  for (const suite of positionals.length > 0 ? positionals : Object.keys(suites)) {
    if (!Object.hasOwn(suites, suite))
      throw new Error(`no suite ${suite}: ${Object.keys(suites).join(', ')}`);
    const works = suites[suite].filter(({ id }) => values.only === undefined || id === values.only);
    const rows: Row[] = [];
    for (const work of works) rows.push(...(await compare(work)));
    await save(suite, rows);
  }
} finally {
  await rm(folder, { recursive: true });
}

async function compare(work: Work): Promise<Row[]> {
  console.log(`\n${work.title} (${threads} threads, ${rounds} rounds)`);
  const contenders: Contender[] = [];
  for (const entrant of await entrantsFor(work)) {
    const started = await Contender.start(entrant);
    if (started === undefined) console.log(`  ${entrant.name}: left out, it is not installed here`);
    else contenders.push(started);
  }
  try {
    await requireSame(contenders, work);
    const times = contenders.map((): number[] => []);
    const peaks = contenders.map(() => 0);
    for (let round = -1; round < rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        // Threads of some libraries spin on after a run, on the cores that the next one wants.
        await setTimeout(pause);
        const { ms, peakBytes } = await contender.run();
        if (round >= 0) times[index].push(ms);
        peaks[index] = peakBytes;
      }
    }
    const ours = contenders.findIndex(({ name }) => name.startsWith('Cardinal'));
    return contenders.map(({ name, version }, index) => {
      const all = times[index];
      const ratios = all.map((ms, round) => times[ours][round] / ms);
      const [median, least, most] = [medianOf(all), Math.min(...all), Math.max(...all)];
      console.log(
        `  ${name.padEnd(26)} ${median.toFixed(1).padStart(8)} ms (${least.toFixed(1)} to ${most.toFixed(1)})  ` +
          `${(peaks[index] / 2 ** 20).toFixed(0).padStart(5)} MiB  ${contenders[ours].name} ÷ this: ${medianOf(ratios).toFixed(2)}`,
      );
      const figures = { median, least, most, peakBytes: peaks[index] };
      return { work: work.id, title: work.title, contender: name, version, ...figures };
    });
  } finally {
    for (const contender of contenders) contender.stop();
  }
}

/** Everyone who can do this work. */
async function entrantsFor(work: Work): Promise<Entrant[]> {
  const node = (script: string, options: object): Pick<Entrant, 'command' | 'args'> => ({
    command: process.execPath,
    args: [join(here, 'compare', script), JSON.stringify(work), JSON.stringify({ threads, ...options })],
  });
  const entrants: Entrant[] = [{ name: 'Cardinal', ...node('cardinal.ts', { blas: false }) }];
  if (blas !== undefined) {
    entrants.push({ name: `Cardinal and ${blas.name}`, ...node('cardinal.ts', { blas: true }) });
  }
  if (work.kind === 'forward') {
    for (const runtime of ['onnxruntime-node', 'onnxruntime-web']) {
      entrants.push({ name: runtime, ...node('onnxruntime.ts', { package: runtime }) });
    }
  }
  const weights = join(folder, `${work.id}.pth`);
  if (work.kind !== 'layers') await writeTorch(work.model, weights);
  for (const [name, channelsLast] of [
    ['PyTorch', false],
    ['PyTorch, channels last', true],
  ] as const) {
    const options = JSON.stringify({ threads, weights, channels_last: channelsLast });
    const script = join(here, 'compare', 'pytorch.py');
    entrants.push({ name, command: '/usr/bin/python3', args: [script, JSON.stringify(work), options] });
  }
  return entrants;
}

async function writeTorch(model: string, path: string): Promise<void> {
  const state = createModel(model).stateDict();
  const tensors = entriesOf(state);
  await writeFile(path, pytorchParts(tensors));
}

/**
 * Throws unless all contenders give the same numbers, to 1e-4 of the largest. Of a training step that is the loss. Gradients
 * follow it and are compared by their distance: rounding puts some ReLU on the other side of 0, which makes 1 % in the first
 * layer between our own kernels, and up to 6 % between PyTorch's two memory layouts.
 */
async function requireSame(contenders: readonly Contender[], { kind }: Work): Promise<void> {
  const results: Float32Array[] = [];
  for (const [index, contender] of contenders.entries()) {
    const file = join(folder, `results-${index}`);
    await contender.check(file);
    const bytes = await readFile(file);
    results.push(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
  }
  const [first, ...others] = results;
  const exact = kind === 'training' ? 1 : first.length;
  const scale = largest(first.subarray(0, exact));
  for (const [index, other] of others.entries()) {
    const differences = other.map((value, i) => value - first[i]);
    const difference = largest(differences.subarray(0, exact)) / scale;
    const distance = lengthOf(differences.subarray(exact));
    const same = difference < 1e-4 && distance <= 0.15 * lengthOf(first.subarray(exact));
    const { name } = contenders[index + 1];
    if (other.length !== first.length || !same) {
      throw new Error(
        `${name} computes something else: ${other.length} of ${first.length} numbers, ${difference}, gradients ${distance}`,
      );
    }
  }
}

function largest(list: Float32Array): number {
  return list.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function lengthOf(list: Float32Array): number {
  return Math.sqrt(list.reduce((sum, value) => sum + value * value, 0));
}

async function save(suite: string, rows: readonly Row[]): Promise<void> {
  const cpu = cpus()[0]
    .model.replace(/[^\w]+/g, '-')
    .toLowerCase();
  const name = `${suite}-${cpu}-node${process.versions.node}`;
  const header = 'work,contender,version,threads,rounds,median_ms,least_ms,most_ms,peak_mib';
  const lines = rows.map(({ work, contender, version, median, least, most, peakBytes }) =>
    [work, `"${contender}"`, `"${version}"`, threads, rounds]
      .concat([median, least, most].map((ms) => ms.toFixed(2)))
      .concat((peakBytes / 2 ** 20).toFixed(0))
      .join(),
  );
  await mkdir(join(here, 'results'), { recursive: true });
  await writeFile(join(here, 'results', `${name}.csv`), [header, ...lines, ''].join('\n'));
  await writeFile(join(here, 'results', `${name}.svg`), chartOf(rows));
  console.log(`\nwrote bench/results/${name}.csv and .svg`);
}

function medianOf(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
