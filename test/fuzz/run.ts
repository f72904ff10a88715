/**
 * Reads damaged files of every format, for as long as one likes, and keeps those that led to something that must not be.
 *
 *   npm run fuzz -- --minutes 60
 *   npm run fuzz -- --target zip --repeat fuzz-failures/zip-0123456789abcdef
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { UsageError } from '../../src/base/errors.ts';
import { benchCommand, runBench } from '../../bench/command.ts';
import { integer, number, path } from '../../src/cli/flags/values.ts';
import { Fuzzer, type Found } from './fuzzer.ts';
import type { Fault } from './messages.ts';
import { targetNamed, targets } from './targets.ts';

interface Flags {
  readonly minutes: number;
  readonly count?: number;
  readonly target?: readonly string[];
  readonly seed: number;
  readonly jobs: number;
  readonly out: string;
  readonly corpus: string;
  readonly repeat?: string;
}

await runBench(
  benchCommand('fuzz', 'Reads damaged files of every format in processes that are watched from outside.')
    .option('--minutes <n>', 'how long, for all targets together', number('--minutes', { above: 0 }), 10)
    .option(
      '--count <n>',
      'so many files of each target instead, without looking at what code they reach',
      integer('--count', 1),
    ) // prettier-ignore
    .option('--target <names...>', `of ${targets.map(({ name }) => name).join(', ')} (all)`)
    .option('--seed <n>', 'of the damage', integer('--seed', 0), Date.now() % 1_000_000)
    .option('--jobs <n>', 'processes at a time', integer('--jobs', 1, 256), availableParallelism())
    .option('--out <folder>', 'where files that led to a fault go', path('--out'), 'fuzz-failures')
    .option(
      '--corpus <folder>',
      'where files that reached new code are kept, for the next run as well',
      path('--corpus'),
      'fuzz-corpus',
    ) // prettier-ignore
    .option('--repeat <file>', 'read this file alone, as the target that is named')
    .action(main),
);

async function main(flags: Flags): Promise<void> {
  const chosen = flags.target === undefined ? targets : flags.target.map(targetNamed);
  if (flags.repeat !== undefined) {
    if (flags.target === undefined || chosen.length !== 1) throw new UsageError('--repeat: name the one target with --target'); // prettier-ignore
    return repeat(chosen[0].name, flags.repeat);
  }
  const { seed, jobs, minutes, count, corpus } = flags;
  console.log(`fuzz: ${chosen.length} targets, seed ${seed}, ${jobs} at a time`);
  const seconds = (60 * minutes * Math.min(jobs, chosen.length)) / chosen.length;
  const left = [...chosen];
  let faults = 0;
  const worker = async (): Promise<void> => {
    const fuzzer = new Fuzzer();
    try {
      for (let target = left.shift(); target !== undefined; target = left.shift()) {
        const { name } = target;
        const job = { target: name, seed, from: 0 };
        const found = await fuzzer.run(
          count === undefined
            ? { ...job, to: 2 ** 31, seconds, corpus: join(corpus, name) }
            : { ...job, to: count },
        );
        console.log(tallyLine(name, found));
        for (const fault of found.faults) await tell(fault, flags.out);
        faults += found.faults.length;
      }
    } finally {
      fuzzer.dispose();
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, chosen.length) }, worker));
  console.log(faults === 0 ? 'no faults' : `${faults} faults`);
  if (faults > 0) process.exitCode = 1;
}

async function repeat(target: string, file: string): Promise<void> {
  const fuzzer = new Fuzzer();
  try {
    const { faults } = await fuzzer.run({ target, seed: 0, from: 0, to: 1, file });
    for (const { what } of faults) console.error(`${target}: ${what}`);
    console.log(faults.length === 0 ? 'no faults' : `${faults.length} faults`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    fuzzer.dispose();
  }
}

/** Keeps the file, and says how to read it again. */
async function tell({ target, what, origin, input }: Fault, out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const file = join(out, `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 16)}`);
  await writeFile(file, input);
  console.error(
    `${target} (${origin}, ${input.length} bytes): ${what}\n  npm run fuzz -- --target ${target} --repeat ${relative('.', file)}`,
  );
}

function tallyLine(name: string, { tally, faults }: Found): string {
  const { early, refused, whole, kept, peak, slowest } = tally;
  return `${name}: ${early + refused + whole} files, refused at the first check ${early}, later ${refused}, read whole ${whole}; kept ${kept}; memory ${(peak / 2 ** 20).toFixed(0)} MiB, slowest ${(1000 * slowest).toFixed(0)} ms; ${faults.length} faults`;
}
