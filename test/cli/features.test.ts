import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModel } from '../../src/models/registry.ts';
import { loadClassifier } from '../../src/node/classifier.ts';
import { openData } from '../../src/node/data/open.ts';
import { prepareFor } from '../../src/node/prepare.ts';
import { loadTrained } from '../../src/node/trained.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { cardinal, type Finished } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const options = { numClasses: 3, layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 };
const set = ['layers=1,1,1', 'planes=8', 'cardinality=2', 'baseWidth=8'];
let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
const features = (...args: readonly string[]): Promise<Finished> =>
  cardinal(
    [
      ...['features', 'w.safetensors', 'photos', ...args, '--model', 'resnext_cifar', '--set', ...set],
      ...['--mean', '0,0,0', '--std', '1,1,1', '--image-size', '12', '--threads', '1'],
    ],
    { cwd: folder },
  );

/** What the classifier says of each picture, by itself. */
let expected: Map<string, Float32Array>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-features-'));
  await saveWeights(createModel('resnext_cifar', options).initialize(1), at('w.safetensors'));
  await writePictures(at('photos'), { train: 2, test: 1 });
  await writeFile(at('photos', 'train', 'green', 'broken.png'), 'no picture');
  const model = { model: 'resnext_cifar', options };
  const { preprocessing } = await prepareFor(
    await loadTrained(at('w.safetensors'), model),
    { mean: [0, 0, 0], std: [1, 1, 1], imageSize: 12 },
    await openData(at('photos'), { valFraction: 0 }),
  );
  const classifier = await loadClassifier(at('w.safetensors'), { ...model, preprocessing, threads: 1 });
  expected = new Map();
  try {
    for (const name of ['blue', 'green', 'red']) {
      for (const file of [`train/${name}/0.png`, `train/${name}/1.png`, `test/${name}/0.png`]) {
        expected.set(file, await classifier.features(at('photos', file)));
      }
    }
  } finally {
    await classifier.dispose();
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The file under `photos` that a row is of. */
const fileOf = (path: string): string => path.split(/[\\/]/).slice(-3).join('/');

function expectRow(path: string, row: ArrayLike<number>): void {
  const own = expected.get(fileOf(path));
  if (own === undefined) throw new Error(`${path} is no picture of this test`);
  expect(row.length).toBe(own.length);
  own.forEach((value, i) => {
    expect(row[i]).toBeCloseTo(value, 5);
  });
}

it('writes numpy arrays of features and labels, with the pictures beside them', async () => {
  // Batches of 4 do not divide 9 pictures, and one of them cannot be read.
  const { code, stdout, stderr } = await features('--out', 'f.npy', '--batch-size', '4', '--json');
  expect(stderr).toMatch(/warning: 1 picture is left out as unreadable, the first .*broken\.png/);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ pictures: 9, features: 128, skipped: 1, split: 'all' });
  const { classes, pictures } = JSON.parse(await readFile(at('f.pictures.json'), 'utf8')) as {
    classes: string[];
    pictures: string[];
  };
  expect(classes).toEqual(['blue', 'green', 'red']);
  expect(pictures.map(fileOf).sort()).toEqual([...expected.keys()].sort());
  const values = new Float32Array((await numbersOf('f.npy', "'<f4'", '(9, 128)')).buffer);
  const labels = new Int32Array((await numbersOf('f.labels.npy', "'<i4'", '(9,)')).buffer);
  pictures.forEach((path, row) => {
    expect(path).toContain(classes[labels[row]]);
    expectRow(path, values.subarray(128 * row, 128 * (row + 1)));
  });
});

it('writes the same as CSV and as a table for pandas', async () => {
  const [csv, table] = await Promise.all([
    features('--out', 'f.csv', '--split', 'test'),
    features('--out', 'f.parquet', '--split', 'train'),
  ]);
  expect([csv, table]).toMatchObject([{ code: 0 }, { code: 0 }]);
  expect(csv.stdout).toBe('f.csv: 128 features of each of 3 test pictures\n');
  const [head, ...rows] = (await readFile(at('f.csv'), 'utf8')).trimEnd().split('\n');
  expect(head).toMatch(/^path,label,class,f0,f1,.*,f127$/);
  expect(rows).toHaveLength(3);
  rows.forEach((row, label) => {
    const [path, number, name, ...values] = row.split(',');
    expect([number, name]).toEqual([String(label), ['blue', 'green', 'red'][label]]);
    expectRow(path, values.map(Number));
  });
  const bytes = await readFile(at('f.parquet'));
  const found = await parquetReadObjects({
    file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  });
  expect(found.map(({ label, class: name }) => [label, name] as unknown)).toEqual([
    ...[
      [0, 'blue'],
      [0, 'blue'],
      [1, 'green'],
      [1, 'green'],
      [2, 'red'],
      [2, 'red'],
    ],
  ]);
  for (const { path, features: values } of found) expectRow(path as string, values as number[]);
});

it('writes nothing where the ending is another, or a picture must be read and cannot', async () => {
  const before = await readdir(folder);
  const other = await features('--out', 'f.txt');
  expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('.csv, .npy, .parquet') as string });
  const strict = await features('--out', 'strict.npy', '--strict');
  expect(strict).toMatchObject({ code: 1, stderr: expect.stringContaining('broken.png') as string });
  expect(existsSync(at('strict.npy'))).toBe(false);
  expect(await readdir(folder)).toEqual(before);
});

it('trains a classifier on features, with which the network predicts', async () => {
  const train = [
    'train',
    'photos',
    '--weights',
    'w.safetensors',
    '--probe',
    '--model',
    'resnext_cifar',
    '--json',
  ];
  const more = ['--set', ...set, '--mean', '0,0,0', '--std', '1,1,1', '--image-size', '12', '--threads', '1'];
  const [done, refused] = await Promise.all([
    cardinal([...train, '--out', 'probed', '--epochs', '5', '--batch-size', '2', ...more], { cwd: folder }),
    cardinal([...train, '--freeze', 'conv1', ...more], { cwd: folder }),
  ]);
  expect(done.code, done.stderr).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({
    reason: 'finished',
    epochs: 5,
    evaluation: { on: 'test' },
  });
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('leave out --freeze') as string });
  const resumed = await cardinal(['train', '--resume', 'probed'], { cwd: folder });
  expect(resumed.code).toBe(1);
  expect(resumed.stderr).toMatch(
    /^cardinal: probed is a linear probe, [^\n]* --weights probed\/best\.safetensors\n$/,
  );
  const told = await cardinal(['predict', 'probed/best.safetensors', 'photos/test/red/0.png', '--json'], {
    cwd: folder,
  });
  expect(JSON.parse(told.stdout)).toMatchObject([
    { top: [{ class: expect.stringMatching(/red|green|blue/) as string }, {}, {}] },
  ]);
});

it('finds a learning rate and draws how it was found', async () => {
  const lr = [
    'lr',
    'photos',
    '--model',
    'resnext_cifar',
    '--set',
    ...set,
    '--batch-size',
    '3',
    '--steps',
    '12',
  ];
  const { code, stdout, stderr } = await cardinal(
    [...lr, '--json', '--threads', '1', '--out', 'rates.html'],
    { cwd: folder },
  );
  expect(code, stderr).toBe(0);
  const found = JSON.parse(stdout) as { points: { learningRate: number }[]; chart: string };
  expect(found.points[0].learningRate).toBe(1e-6);
  expect(found.points.length).toBeGreaterThan(2);
  expect(await readFile(at(found.chart), 'utf8')).toMatch(/^<!doctype html>[^]*<svg [^]*Loss of \d+ steps/);
  expect(await readdir(folder)).not.toContain('runs');
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a search for a learning rate ends at %s with %i and what it has', async (signal, code) => {
  const out = `rates-${signal}.html`;
  const lr = ['lr', 'photos', '--model', 'resnext_cifar', '--set', ...set, '--batch-size', '3'];
  let isSent = false;
  const ended = await cardinal([...lr, '--to', '1e-5', '--steps', '100000', '--threads', '1', '--out', out], {
    cwd: folder,
    onStderr: (child, said) => {
      if (isSent || !said.includes('the first step took')) return;
      isSent = true;
      child.kill(signal);
    },
  });
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stderr).toMatch(/stopping with what was measured \(again to stop at once\)\n/);
  expect(ended.stderr).toMatch(/interrupted after [\d,]+ of 100,000 steps\n$/);
  expect(ended.stdout).toContain('learning rate');
  expect(await readFile(at(out), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\s*$/);
  expect((await readdir(folder)).filter((name) => name.startsWith('.') || name.endsWith('.tmp'))).toEqual([]);
});

/** The bytes after the header of an array, which says this type and shape. */
async function numbersOf(name: string, type: string, shape: string): Promise<Uint8Array> {
  const bytes = await readFile(at(name));
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x93NUMPY\x01\x00', 'latin1'));
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64).toBe(0);
  expect(bytes.toString('latin1', 10, start)).toContain(
    `'descr': ${type}, 'fortran_order': False, 'shape': ${shape}`,
  );
  return Uint8Array.from(bytes.subarray(start));
}
