import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { seed } from '../seed.ts';
import { cardinal, root } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const kills = 20;
const train = [
  ...['train', 'pictures', '--model', 'resnext_cifar', '--image-size', '12', '--batch-size', '6'],
  ...['--set', 'layers=1,1,1', 'cardinality=4', 'baseWidth=16', 'planes=16'],
  ...['--epochs', '80', '--ema', '0.9', '--checkpoint-every', '2', '--threads', '2', '--seed', '5'],
];

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-kill-'));
  await writePictures(at('pictures'), { train: 14, val: 4 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts the command line and kills it so many milliseconds after it began to train; true if it was still running. */
function killedAfter(args: readonly string[], milliseconds: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin/cardinal.js'), ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    let armed = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (armed || !/epoch|continuing/.test(stderr)) return;
      armed = true;
      setTimeout(() => child.kill('SIGKILL'), milliseconds);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(stderr));
    });
  });
}

it(`a run killed ${kills} times at random moments ends with the bytes of one that was not (seed ${seed})`, async () => {
  const whole = await cardinal([...train, '--out', 'whole'], { cwd: folder });
  expect(whole.code, whole.stderr).toBe(0);

  const rng = Rng.of(seed, 'kill');
  let killed = 0;
  while (killed < kills) {
    // Killed before its first checkpoint, a run has nothing to continue from and begins again.
    const begun = existsSync(at('cut/last.safetensors'));
    if (!begun) await rm(at('cut'), { recursive: true, force: true });
    const args = begun ? ['train', '--resume', 'cut', '--threads', '2'] : [...train, '--out', 'cut'];
    expect(await killedAfter(args, rng.uniform(0, 120)), 'the run ended before it was killed enough').toBe(
      true,
    );
    killed++;
  }
  const resumed = await cardinal(['train', '--resume', 'cut', '--threads', '2'], { cwd: folder });
  expect(resumed.code, resumed.stderr).toBe(0);

  for (const file of ['last.safetensors', 'best.safetensors']) {
    const [a, b] = await Promise.all(['whole', 'cut'].map((run) => readFile(at(run, file))));
    expect(readSafetensors(b).tensors, file).toEqual(readSafetensors(a).tensors);
  }
  const steps = async (run: string): Promise<string[]> =>
    (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
      .split('\n')
      .filter((line) => line.includes('"type":"step"'))
      .map((line) => line.replace(/"(imagesPerSecond|secondsLeft)":[^,}]+/g, ''));
  expect(await steps('cut')).toEqual(await steps('whole'));
}, 240_000);
