import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder, writeClasses } from '../node/data/support/sources.ts';
import { cardinal, type Finished } from './cardinal.ts';

const { path: cwd, remove } = temporaryFolder();
afterAll(remove);

const network = ['--model', 'resnext_cifar', '--set', 'layers=1,1,1', 'baseWidth=4', 'cardinality=2'];
let trained: Finished;
beforeAll(async () => {
  await writeClasses(join(cwd, 'photos'), { dark: 20, light: 10 });
  writeFileSync(join(cwd, 'photos', 'dark', 'one.heic'), 'x');
  symlinkSync(join(cwd, 'nowhere.png'), join(cwd, 'photos', 'light', 'broken.png'));
  const settings = ['--epochs', '1', '--batch-size', '8', '--image-size', '16', '--augment', 'flip'];
  trained = await cardinal(
    [
      'train',
      'photos',
      '--out',
      'run',
      '--balance',
      '--val-fraction',
      '0.2',
      '--seed',
      '3',
      ...settings,
      ...network,
    ],
    { cwd },
  );
});

const judge = (data: string, ...flags: string[]): Promise<Finished> =>
  cardinal(['eval', 'run/best.safetensors', data, ...flags], { cwd });

test('train says how pictures are augmented and classes balanced, and what is left out', () => {
  expect(trained.code, trained.stderr).toBe(0);
  expect(trained.stderr).toContain('pictures augmented by flips; classes balanced by sampling');
  expect(trained.stderr).toMatch(
    /^left out: 1 broken link \(light\/broken\.png\), 1 \.heic picture \(.*\)$/m,
  );
  const report = readFileSync(join(cwd, 'run', 'report.html'), 'utf8');
  expect(report).toMatch(/<summary><span class="pair">1 broken link \(light\/broken\.png\)</);
  expect(report).toMatch(/<summary><span class="pair">1 \.heic picture/);
  expect(report).toContain('augmented by flips');
});

test("eval of the folder that was trained on gives what the run's own validation gave", async () => {
  const { stdout, stderr } = await judge('photos');
  expect(stderr).toContain('evaluated on the 6 pictures that training held out (20 % of each class, seed 3)');
  const figures = /^top-1 \S+ % {3}loss \S+ {3}\(\d+ of 6 /m;
  const [own] = figures.exec(trained.stdout) ?? ['the run'];
  expect(stdout).toContain(own);
});

test('eval of all of it warns, and --json has it', async () => {
  const { stdout } = await judge('photos', '--split', 'all', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    split: 'all',
    total: 30,
    warning: expect.stringMatching(/were trained on 24 of these 30 pictures/) as string,
    leftOut: [{ kind: 'broken-link' }, { kind: 'format', ending: '.heic' }],
  });
});

test('strict asks for what is read alone', async () => {
  await writeClasses(join(cwd, 'split', 'train'), { dark: 2, light: 2 });
  await writeClasses(join(cwd, 'split', 'val'), { dark: 2, light: 2 });
  writeFileSync(join(cwd, 'split', 'train', 'dark', 'damaged.png'), 'x');
  writeFileSync(join(cwd, 'split', 'train', 'dark', 'other.heic'), 'x');
  const { code, stdout, stderr } = await judge('split', '--strict', '--split', 'val');
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/of 4 validation pictures correct/);
  expect(stderr).not.toContain('left out');
  const refused = await judge('split', '--strict', '--split', 'train');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^cardinal: split: not everything in it is read, .*other\.heic/);
});

test('too few pictures for a recipe: what to do instead, with the numbers', async () => {
  const { code, stderr } = await cardinal(['train', 'photos', '--recipe', 'imagenet', ...network], { cwd });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /has 27 pictures to train on, fewer than one batch of recipe imagenet \(256\): use --batch-size 2 and --lr 0\.000781$/m,
  );
});
