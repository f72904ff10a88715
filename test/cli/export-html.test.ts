import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createModel } from '../../src/index.ts';
import { exportHtml } from '../../src/node/index.ts';
import { metadataOf } from '../../src/train/description.ts';
import { writeSafetensors } from '../../src/weights/index.ts';
import { cardinal, type Finished } from './cardinal.ts';

const model = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8, numClasses: 2 },
};
let folder: string;
const inFolder = (...args: readonly string[]): Promise<Finished> => cardinal(args, { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-export-html-'));
  const state = createModel(model.name, model.options).initialize(1).stateDict();
  const preprocessing = {
    ...{ channels: 3 as const, size: [32, 32] as [number, number], resize: 32 },
    ...{ interpolation: 'bilinear' as const, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  };
  const description = { model, input: [3, 32, 32], classes: ['cat', 'dog'] };
  await writeFile(
    join(folder, 'pets.safetensors'),
    await writeSafetensors(state, metadataOf({ ...description, preprocessing })),
  );
  await writeFile(join(folder, 'bare.safetensors'), await writeSafetensors(state));
  await writeFile(
    join(folder, 'numbers.safetensors'),
    await writeSafetensors(state, metadataOf({ ...description, preprocessing, task: 'numbers' })),
  );
});
afterAll(() => rm(folder, { recursive: true }));

test('writes the file that a program gets, called as the file is', async () => {
  const { code, stdout, stderr } = await inFolder(
    ...['export', 'pets.safetensors', '--html', 'My pets.html', '--json'],
  );
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ written: ['My pets.html'] });
  expect(stderr).toMatch(/^wrote \d+ KiB to My pets\.html: open it in a browser/);
  const written = await readFile(join(folder, 'My pets.html'));
  const own = await exportHtml(join(folder, 'pets.safetensors'), { title: 'My pets' });
  expect(written.equals(own)).toBe(true);
});

test('says what it guessed of bare weights', async () => {
  const set = ['layers=1,1,1', 'planes=8', 'cardinality=2', 'baseWidth=8', 'numClasses=2'];
  const { code, stderr } = await inFolder(
    ...['export', 'bare.safetensors', '--model', 'resnext_cifar', '--html', 'bare.html', '--set', ...set],
  );
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^warning: the weights do not say how their pictures were normalised/);
});

test('refuses in one line, and writes nothing', async () => {
  const numbers = await inFolder('export', 'numbers.safetensors', '--html', 'numbers.html');
  expect([numbers.code, numbers.stderr]).toEqual([
    1,
    'cardinal: resnext_cifar gives numbers, a page shows classes and labels: cardinal predict prints numbers\n',
  ]);
  const same = await inFolder('export', 'pets.safetensors', '--torch', 'one', '--html', './one');
  expect([same.code, same.stderr]).toEqual([
    2,
    'cardinal: --torch and --html name the same file, ./one: give each its own\n',
  ]);
  const none = await inFolder('export', 'pets.safetensors');
  expect(none.stderr).toMatch(/^cardinal: nothing to write: give --onnx FILE, --torch FILE, --html FILE/);
  expect((await readdir(folder)).filter((name) => /numbers\.html|one|tmp/.test(name))).toEqual([]);
});
