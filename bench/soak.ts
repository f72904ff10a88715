/**
 * Trains and classifies for as long as one likes, and watches what the process holds: resident memory, V8's heap, array
 * buffers, file descriptors and threads.
 *
 *   npm run soak -- --minutes 60
 *
 * A round trains a tiny network (a run folder, loaders with workers, validation, checkpoints, an evaluation, a report) while
 * several callers classify pictures, some of them damaged; classifiers, backends and loaders come and go. Between two rounds
 * everything but one classifier is disposed of, and the process is at rest. 100,000 calls of `classify` are asked for in an hour, fewer in
 * less. What grows beyond the bounds of bench/soak/verdict.ts ends it with exit code 1.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { integer, number, oneOf, path } from '../src/cli/flags/values.ts';
import { benchCommand, runBench } from './command.ts';
import { Calls } from './soak/calls.ts';
import { soakChart } from './soak/chart.ts';
import { encodedPictures, writeTrainingPictures } from './soak/pictures.ts';
import { Sampler, type Sample } from './soak/samples.ts';
import { Trainings } from './soak/training.ts';
import { judge } from './soak/verdict.ts';

interface Flags {
  readonly minutes: number;
  readonly calls: number;
  readonly seed: number;
  readonly out: string;
  readonly only?: 'train' | 'classify';
}

await runBench(
  benchCommand('soak', 'Trains and classifies for a long time, and draws what the process holds meanwhile.')
    .option('--minutes <n>', 'how long', number('--minutes', { above: 0.4 }), 60)
    .option('--calls <n>', 'calls of classify in an hour', integer('--calls', 1), 100_000)
    .option(
      '--only <work>',
      'train or classify: one of the two, to find what grows',
      oneOf('--only', ['train', 'classify']),
    )
    .option('--seed <n>', 'of pictures, calls and weights', integer('--seed', 0), Date.now() % 1_000_000)
    .option(
      '--out <file>',
      'the chart; its samples are written beside it, as .csv',
      path('--out'),
      'soak.svg',
    )
    .action(main),
);

async function main({ minutes, calls: perHour, seed, out, only }: Flags): Promise<void> {
  const total = 60 * minutes;
  const wanted = only === 'train' ? 0 : Math.round((perHour * minutes) / 60);
  console.log(`soak: ${minutes} minutes, ${wanted} calls of classify, seed ${seed}, Node ${process.version}`);
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-soak-'));
  try {
    const photos = join(folder, 'photos');
    const pictures = join(folder, 'pictures');
    await mkdir(pictures);
    await writeTrainingPictures(photos, seed);
    const trainings = new Trainings(photos, folder, seed);
    const weights = await trainings.weights();
    const calls = new Calls(
      { weights, pictures: await encodedPictures(seed, 60), folder: pictures, seed },
      wanted,
      total,
    );
    await calls.open();
    const sampler = new Sampler(Math.max(0.25, total / 1200));
    const round = Math.min(60, Math.max(5, total / 12));
    const collected: Sample[] = [];
    for (let rounds = 1; sampler.seconds < total - 1; rounds++) {
      const over = new AbortController();
      const end = setTimeout(
        () => {
          over.abort();
        },
        1000 * Math.min(round, total - sampler.seconds),
      );
      const work = [
        ...(only === 'classify' ? [] : [trainings.train(over.signal)]),
        ...(only === 'train' ? [] : [calls.call(over.signal, () => sampler.seconds)]),
      ];
      await Promise.all(work).finally(() => {
        clearTimeout(end);
        over.abort();
      });
      // The next turns of the event loop let go of what has just ended.
      await wait(50);
      if (collected.length === 0 && sampler.seconds > total / 3) collected.push(await collect(sampler));
      const { rss, heap, descriptors = NaN, threads = NaN } = await sampler.take(true);
      console.log(
        `${clock(sampler.seconds)}  round ${rounds}: ${mega(rss)} MB resident, ${mega(heap)} MB heap, ${descriptors} descriptors, ${threads} threads; ` +
          `${calls.begun} calls, ${trainings.counts.steps} steps`,
      );
    }
    collected.push(await collect(sampler));
    sampler.stop();
    await calls.close();
    await writeFile(out, soakChart(sampler.samples, title(minutes, calls, trainings)));
    await writeFile(out.replace(/(\.svg)?$/, '.csv'), csv(sampler.samples));
    const { lines, faults } = judge(sampler.samples, [collected[0], collected[1]]);
    console.log(
      [
        summary('calls', { of: wanted, ...calls.counts }),
        summary('training', trainings.counts),
        ...lines,
      ].join('\n'),
    );
    console.log(`wrote ${out}`);
    for (const fault of faults) console.error(`soak: ${fault}`);
    console.log(faults.length === 0 ? 'nothing grew' : 'SOMETHING GREW');
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A sample at rest, after V8 has collected all garbage: twice, because finalisers free some. */
async function collect(sampler: Sampler): Promise<Sample> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let times = 0; times < 2; times++) {
    gc();
    await wait(50);
  }
  return sampler.take(true);
}

function title(minutes: number, calls: Calls, { counts }: Trainings): string {
  return `Memory, MB: ${minutes} minutes, ${calls.begun.toLocaleString('en')} calls of classify, ${counts.steps.toLocaleString('en')} training steps in ${counts.runs} runs`;
}

function summary(what: string, counts: object): string {
  return `${what}: ${Object.entries(counts)
    .map(([key, count]) => `${key} ${String(count)}`)
    .join(', ')}`;
}

function csv(samples: readonly Sample[]): string {
  const rows = samples.map(
    (sample) =>
    [sample.seconds.toFixed(1), sample.rss, sample.heap, sample.external, sample.arrays, sample.descriptors, sample.threads, Number(sample.atRest)].join(','), // prettier-ignore
  );
  return ['seconds,rss,heap,external,arrays,descriptors,threads,at_rest', ...rows, ''].join('\n');
}

function mega(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function clock(seconds: number): string {
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
