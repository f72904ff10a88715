import { spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod/mini';
import { Rng } from '../../src/base/rng.ts';
import { seed } from '../support/seed.ts';
import { cardinal, root } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const kills = 20;
const begin = [
  ...['train', 'pictures', '--model', 'resnext_cifar', '--image-size', '12', '--batch-size', '6'],
  ...['--set', 'layers=1,1,1', 'cardinality=4', 'baseWidth=16', 'planes=16'],
  ...['--epochs', '20', '--ema', '0.9', '--checkpoint-every', '2', '--threads', '2', '--seed', '5'],
];

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-kill-'));
  await writePictures(at('pictures'), { train: 14, val: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

/** A test that is run once more finds none of what the first left. */
const withoutRuns = (...runs: readonly string[]): Promise<unknown> =>
  Promise.all(runs.map((run) => rm(at(run), { recursive: true, force: true })));

/** Begins the run `cut`, or goes on with it, also where it was killed before its first checkpoint. */
const nextLife = (): readonly string[] =>
  existsSync(at('cut/config.json'))
    ? ['train', '--resume', 'cut', '--threads', '2']
    : [...begin, '--out', 'cut'];

/**
 * Works on the run `cut` and is killed so many milliseconds after it said that it begins or, `training`, after it began
 * to write metrics. Gives whether it was still running.
 */
function killedAfter(milliseconds: number, training: boolean): Promise<boolean> {
  const begun = existsSync(at('cut'));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin/cardinal.js'), ...nextLife()], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    let armed = false;
    const arm = (): void => {
      if (armed) return;
      armed = true;
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
    };
    const watcher = begun && training ? watch(at('cut')) : undefined;
    watcher?.on('change', (kind, name) => {
      if (kind === 'change' && name === 'metrics.jsonl') arm();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (watcher === undefined && /epoch|continuing/.test(stderr)) arm();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      watcher?.close();
      if (signal === 'SIGKILL') resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(stderr));
    });
  });
}

/** The lines of one kind in a run's metrics, without what a clock decides. */
async function linesOf(run: string, type: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(at(run, 'metrics.jsonl'), 'utf8');
  const lines = text.split('\n').filter((line) => line.includes(`"type":"${type}"`));
  return lines.map((line) => ({
    ...z.record(z.string(), z.unknown()).parse(JSON.parse(line)),
    ...{ imagesPerSecond: 0, secondsLeft: 0, waiting: 0, elapsed: 0, crc: '' },
  }));
}

async function expectSameRuns(): Promise<void> {
  for (const file of ['last.safetensors', 'best.safetensors']) {
    const [a, b] = await Promise.all(['whole', 'cut'].map((run) => readFile(at(run, file))));
    expect(b.equals(a), file).toBe(true);
  }
  expect(await linesOf('cut', 'step')).toEqual(await linesOf('whole', 'step'));
}

it(`a run killed ${kills} times at random moments ends with the bytes of one that was not (seed ${seed})`, async () => {
  await withoutRuns('whole', 'cut');
  const whole = await cardinal([...begin, '--out', 'whole'], { cwd: folder });
  expect(whole.code, whole.stderr).toBe(0);
  // A life trains for a tenth of the run at most, on a fast machine and on a busy one.
  const longest = (1000 * Number((await linesOf('whole', 'end'))[0]['seconds'])) / 10;

  const rng = Rng.of(seed, 'kill');
  let killed = 0;
  while (killed < kills) {
    if (await killedAfter(rng.uniform(0, longest), rng.float() < 0.75)) killed++;
    else {
      // It came to its end between two kills: judged as such, and the next life begins a new run.
      await expectSameRuns();
      await rm(at('cut'), { recursive: true });
    }
  }
  const last = await cardinal(nextLife(), { cwd: folder });
  expect(last.code, last.stderr).toBe(0);
  await expectSameRuns();
}, 900_000);

it('a run killed as what was frozen is trained ends with the bytes of one that was not', async () => {
  await withoutRuns('tuned', 'tuned-cut');
  // Epochs enough for the signal to come in time, however busy the machine is.
  const tuned = ['--epochs', '8', '--unfreeze-at', '2', '--lr-scale', '*=0.5', 'fc=1', '--out'];
  const said = /from epoch 2 on all [\d,]+ parameters are trained, in [\d.]+ MiB\n/;
  const whole = await cardinal([...begin, ...tuned, 'tuned'], { cwd: folder });
  expect(whole.code, whole.stderr).toBe(0);
  expect(whole.stderr).toContain('frozen: backbone, until epoch 2 begins\n');
  expect(whole.stderr).toMatch(said);
  const killed = await cardinal([...begin, ...tuned, 'tuned-cut'], {
    cwd: folder,
    onStderr: (child, stderr) => said.test(stderr) && child.kill('SIGKILL'),
  });
  expect(killed.code).toBe(null);
  const resumed = await cardinal(['train', '--resume', 'tuned-cut', '--threads', '2'], { cwd: folder });
  expect(resumed.code, resumed.stderr).toBe(0);
  for (const file of ['last.safetensors', 'best.safetensors']) {
    const [a, b] = await Promise.all(['tuned', 'tuned-cut'].map((run) => readFile(at(run, file))));
    expect(b.equals(a), file).toBe(true);
  }
  const lines = (await readFile(at('tuned-cut', 'metrics.jsonl'), 'utf8')).split('\n');
  expect(lines.filter((line) => line.includes('"type":"unfrozen"'))).toHaveLength(1);
});
