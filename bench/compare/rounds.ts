import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Contender, type Communication, type Entrant, type LeftOut } from './contender.ts';
import { requireSame, sectionsOf } from './same.ts';
import { medianOf } from './statistics.ts';
import type { Work } from './work.ts';

/** Threads of some libraries spin on after a run, on the cores that the next one wants. Milliseconds. */
const pause = 300;

/** A contender's times. */
export interface Measured {
  readonly name: string;
  readonly version: string;
  /** Milliseconds of each round. */
  readonly rounds: readonly number[];
  /** Of a work whose parts are timed: milliseconds of each round, by part. */
  readonly parts: readonly (readonly number[])[];
  /** Of contenders that are processes. */
  readonly peakBytes?: number | undefined;
  /** Where they are not as many as everyone's. */
  readonly threads?: number | undefined;
  /** Of contenders that are several ranks: what the first communicated in each round. */
  readonly communication?: readonly Communication[] | undefined;
}

/** What came of a work. */
export interface Outcome {
  readonly measured: readonly Measured[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Has everyone do the same work in turn, `rounds` times, after one round that is not counted. Throws a `CardinalError` if
 * someone's results are not those of the first one of the same group. `folder` is for what they write.
 */
export async function measure(
  work: Work,
  entrants: readonly Entrant[],
  rounds: number,
  folder: string,
): Promise<Outcome> {
  const leftOut: LeftOut[] = [];
  const contenders: Contender[] = [];
  try {
    for (const entrant of entrants) {
      const started = await Contender.start(entrant);
      if (started instanceof Contender) contenders.push(started);
      else leftOut.push(started);
    }
    for (const { name, reason } of leftOut) console.log(`  ${name}: left out, ${reason}`);
    await compareResults(contenders, work, folder);
    const measured = contenders.map(({ name, version, threads }) => ({
      ...{ name, version, threads, rounds: [] as number[], parts: [] as number[][] },
      communication: [] as Communication[],
      peakBytes: undefined as number | undefined,
    }));
    for (let round = -1; round < rounds; round++) {
      for (const [index, contender] of contenders.entries()) {
        await setTimeout(pause);
        const { ms, times = [], peakBytes, communication } = await contender.run();
        const result = measured[index];
        result.peakBytes = peakBytes;
        if (round < 0) continue;
        result.rounds.push(ms);
        if (communication !== undefined) result.communication.push(communication);
        times.forEach((time, part) => (result.parts[part] ??= []).push(time));
      }
    }
    return { measured, leftOut };
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}

async function compareResults(contenders: readonly Contender[], work: Work, folder: string): Promise<void> {
  const sections = sectionsOf(work);
  const agreed: string[] = [];
  const firsts = new Map<string, Float32Array>();
  for (const [index, contender] of contenders.entries()) {
    const file = join(folder, `results-${index}`);
    await contender.check(file);
    const bytes = await readFile(file);
    const results = new Float32Array(new Uint8Array(bytes).buffer);
    const first = firsts.get(contender.group);
    if (first === undefined) firsts.set(contender.group, results);
    else
      agreed.push(
        `${contender.name} ${requireSame(contender.name, results, first, sections).toExponential(0)}`,
      );
  }
  console.log(`  results compared, at most apart by: ${agreed.join(', ')}`);
}

/** Prints each one's median and the median of the rounds' ratios to the first. */
export function printMeasured(measured: readonly Measured[]): void {
  const [ours] = measured;
  const longest = Math.max(26, ...measured.map(({ name }) => name.length));
  for (const { name, rounds, peakBytes } of measured) {
    const [median, least, most] = [medianOf(rounds), Math.min(...rounds), Math.max(...rounds)];
    const ratio = medianOf(rounds.map((ms, round) => ours.rounds[round] / ms));
    console.log(
      `  ${name.padEnd(longest)} ${median.toFixed(1).padStart(8)} ms (${least.toFixed(1)} to ${most.toFixed(1)})  ` +
        `${peakBytes === undefined ? '' : `${(peakBytes / 2 ** 20).toFixed(0).padStart(5)} MiB  `}${ours.name} ÷ this: ${ratio.toFixed(2)}`,
    );
  }
}
