import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MetricsLine, Reached } from '../../src/run/folder/metrics-file.ts';
import { metricsLine } from '../../src/run/folder/metrics-line.ts';
import { summarizeMetrics } from '../../src/run/report/metrics-summary.ts';
import { RunFolder } from '../../src/node/run-folder.ts';
import { seed } from '../support/seed.ts';
import { bitFlips } from '../support/flips.ts';
import { planRewind, readMetricsFile } from './support/on-node.ts';

let root: string;
let path: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-metrics-'));
  path = join(root, 'metrics.jsonl');
});
afterAll(() => rm(root, { recursive: true, force: true }));

const stepOf = (step: number) => ({
  ...{ type: 'step', epoch: Math.floor((step - 1) / 4), step, stepsPerEpoch: 4, loss: 1 / step },
  ...{ learningRate: 0.1, imagesPerSecond: 100, waiting: 0, elapsed: step },
});
const epochOf = (epoch: number) => ({
  ...{ type: 'epoch', epoch, epochs: 3, step: 4 * (epoch + 1), learningRate: 0.1 },
  ...{ train: { loss: 1, top1: 0.5 }, best: true, seconds: 2, elapsed: 4 * epoch + 4.5 },
});
/** What a run of `steps` steps writes, in epochs of 4. */
const records: object[] = [
  { type: 'start', classes: ['ü', '"'] },
  ...Array.from({ length: 12 }, (_, i) => [
    stepOf(i + 1),
    ...((i + 1) % 4 === 0 ? [epochOf((i + 1) / 4 - 1)] : []),
  ]).flat(),
  { type: 'end', reason: 'finished', step: 12, seconds: 13 },
];
const lines = records.map(metricsLine);
const whole = new TextEncoder().encode(lines.join(''));

async function read(bytes: Uint8Array | string, piece?: number): Promise<MetricsLine[]> {
  await writeFile(path, bytes);
  const all: MetricsLine[] = [];
  for await (const line of readMetricsFile(path, piece)) all.push(line);
  return all;
}
const faultsIn = (all: readonly MetricsLine[]) =>
  all.flatMap(({ number, fault }) => (fault === undefined ? [] : [{ number, fault }]));

describe('a line of metrics', () => {
  test('is JSON whose last field is the CRC-32 of what stands before it', () => {
    for (const [index, line] of lines.entries()) {
      expect(JSON.parse(line)).toMatchObject(records[index]);
      const [, said, sum] = /^(.*),"crc":"(\w{8})"\}\n$/.exec(line) ?? [];
      expect(crc32(said)).toBe(parseInt(sum, 16));
    }
  });

  test('comes back, however small the pieces are that a file is read in', async () => {
    for (const piece of [1, 7, 64, 1 << 20]) {
      const all = await read(whole, piece);
      expect(all.map(({ record }) => record)).toEqual(records);
      expect(faultsIn(all)).toEqual([]);
      expect(all.map(({ begin, end }) => Buffer.from(whole).toString('utf8', begin, end))).toEqual(lines);
    }
  });

  test('of which one bit changed is noticed, wherever it is', async () => {
    for (const { flipped, at } of bitFlips(whole, seed, 300)) {
      expect(faultsIn(await read(flipped)).length, `byte ${at}, seed ${seed}`).toBeGreaterThan(0);
    }
    // Its line break, too.
    for (const last of ['\v', '\b', '\x8a']) {
      const all = await read(lines.join('').slice(0, -1) + last);
      expect(faultsIn(all).length + (all.at(-1)?.record === undefined ? 1 : 0)).toBeGreaterThan(0);
    }
  });

  test('that is gone, twice there or in another place is noticed, and told by its number', async () => {
    const without = lines.toSpliced(6, 1).join('');
    expect(faultsIn(await read(without))).toEqual([{ number: 7, fault: 'step 6 follows step 4' }]);
    const twice = lines.toSpliced(5, 0, lines[4]).join('');
    expect(faultsIn(await read(twice))).toEqual([{ number: 6, fault: 'step 4 follows step 4' }]);
  });

  test('of an earlier version has no checksum, and those of a run that was continued since', async () => {
    const old = records.slice(0, 6).map((record) => `${JSON.stringify(record)}\n`);
    expect(faultsIn(await read(old.join('')))).toEqual([]);
    const continued = [...old, metricsLine({ type: 'start' }), ...lines.slice(6)];
    expect(faultsIn(await read(continued.join('')))).toEqual([]);
    const stripped = lines.with(7, `${JSON.stringify(records[7])}\n`);
    const [lost, ...more] = faultsIn(await read(stripped.join('')));
    expect(lost.number).toBe(8);
    expect(lost.fault).toMatch(/checksum is missing/);
    expect(more).toEqual([]);
  });

  test('that a killed process left unfinished is no damage', async () => {
    for (let cut = 1; cut < lines[3].length; cut++) {
      const all = await read(lines.slice(0, 3).join('') + lines[3].slice(0, cut));
      expect(faultsIn(all)).toEqual([]);
    }
  });
});

describe('going back to a checkpoint', () => {
  async function rewound(bytes: Uint8Array | string, reached: Reached) {
    const folder = join(root, `run-${String(Math.random())}`);
    const told: string[] = [];
    const run = await RunFolder.create(folder, { onNotice: (line) => void told.push(line) });
    const file = join(folder, 'metrics.jsonl');
    await writeFile(file, bytes);
    const result = await run.rewindMetrics(reached);
    await run.close();
    return { text: await readFile(file, 'utf8'), told, ...result };
  }

  test('cuts the file where later lines begin, and gives what the epochs came to and the time', async () => {
    const { text, told, seconds, history } = await rewound(whole, { step: 8, epoch: 2 });
    // The start, eight steps, two epochs.
    expect(text).toBe(lines.slice(0, 11).join(''));
    expect({ told, seconds }).toEqual({ told: [], seconds: 8.5 });
    expect(history).toMatchObject([
      { epoch: 0, step: 4 },
      { epoch: 1, step: 8 },
    ]);
    // Before the epoch was evaluated; in its middle; at its beginning.
    expect((await rewound(whole, { step: 8, epoch: 1 })).text).toBe(lines.slice(0, 10).join(''));
    expect((await rewound(whole, { step: 6, epoch: 1 })).text).toBe(lines.slice(0, 8).join(''));
    expect((await rewound(whole, { step: 0, epoch: 0 })).text).toBe(lines[0]);
  });

  test('tells of damaged lines by their numbers, and leaves them', async () => {
    const damaged = lines.with(3, lines[3].replace('"loss":', '"loss":2'));
    const { text, told } = await rewound(damaged.join(''), { step: 8, epoch: 2 });
    expect(text).toBe(damaged.slice(0, 11).join(''));
    expect(told).toEqual([
      expect.stringMatching(/metrics\.jsonl, line 4: it is not what was written \(CRC-32\)$/),
    ]);
    // Of later lines that are damaged, which go, nothing is told.
    const later = lines.with(13, 'x\n');
    expect(await rewound(later.join(''), { step: 8, epoch: 2 })).toMatchObject({
      text: lines.slice(0, 11).join(''),
      told: [],
    });
  });

  test('sorts lines out where they are mixed', async () => {
    const mixed = [...lines.slice(0, 4), lines[7], ...lines.slice(4, 7), lines[7]];
    const { text } = await rewound(mixed.join(''), { step: 4, epoch: 1 });
    expect(text).toBe(lines.slice(0, 6).join(''));
    // The last line is whole but for its line break.
    const { text: ended } = await rewound(lines.slice(0, 6).join('').slice(0, -1), { step: 4, epoch: 1 });
    expect(ended).toBe(lines.slice(0, 6).join(''));
  });

  test('drops an unfreezing that will be done again, with what is behind it', async () => {
    const unfrozen = metricsLine({ type: 'unfrozen', epoch: 1, step: 4 });
    const warning = metricsLine({ type: 'warning', message: 'of the second part' });
    // A start, four steps and an epoch are before it.
    const tuned = [...lines.slice(0, 6), unfrozen, warning, ...lines.slice(6)];
    const after = async (reached: Reached) => (await rewound(tuned.join(''), reached)).text;
    expect(await after({ step: 4, epoch: 1 })).toBe(lines.slice(0, 6).join(''));
    expect(await after({ step: 3, epoch: 0 })).toBe(lines.slice(0, 4).join(''));
    // A checkpoint that was written as soon as it had come, and a later one.
    expect(await after({ step: 4, epoch: 1, unfrozen: true })).toBe(tuned.slice(0, 8).join(''));
    expect(await after({ step: 5, epoch: 1, unfrozen: true })).toBe(tuned.slice(0, 9).join(''));
  });

  test('changes nothing where nothing is to go', async () => {
    await writeFile(path, whole);
    expect(await planRewind(path, { step: 12, epoch: 3 })).toMatchObject({ cut: whole.length, faults: [] });
    expect(await planRewind(join(root, 'none'), { step: 0, epoch: 0 })).toMatchObject({
      cut: 0,
      seconds: 0,
      history: [],
    });
  });
});

test('a report takes as many points of a long run as of a shorter one, with the same means', async () => {
  const steps = Array.from({ length: 1000 }, (_, i) => stepOf(i + 1));
  await writeFile(path, steps.map(metricsLine).join(''));
  const all = await summarizeMetrics(readMetricsFile(path));
  expect(all.steps).toHaveLength(1000);
  const few = await summarizeMetrics(readMetricsFile(path), 50);
  expect(few.steps.length).toBeGreaterThanOrEqual(50);
  expect(few.steps.length).toBeLessThan(100);
  expect(few.imagesPerSecond).toBe(100);
  // Sixteen steps make a point.
  const mean = (from: number): number =>
    steps.slice(from, from + 16).reduce((sum, { loss }) => sum + loss, 0) / 16;
  expect(few.steps[0].loss).toBeCloseTo(mean(0), 12);
  expect(few.steps[3].loss).toBeCloseTo(mean(48), 12);
  expect(few.steps[3].step).toBeCloseTo(56.5, 12);
});

test('a report counts a line that lacks what a run writes as damaged', async () => {
  await writeFile(
    path,
    [metricsLine({ type: 'step', step: 1 }), metricsLine({ type: 'step', step: 2 })].join(''),
  );
  const { faults, steps } = await summarizeMetrics(readMetricsFile(path));
  expect(steps).toEqual([]);
  expect(faults.map(({ number }) => number)).toEqual([1, 2]);
});
