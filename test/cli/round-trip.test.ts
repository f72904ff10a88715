import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod/mini';
import { createModel } from '../../src/models/index.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import { findBlas } from '../../src/node/blas.ts';
import { cardinal, type Finished } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const engine = ['--threads', '2'];
const model = [
  ...['--model', 'resnext_cifar', '--image-size', '12', '--batch-size', '6', '--seed', '3'],
  ...['--set', 'layers=1,1,1', 'cardinality=4', 'baseWidth=16', 'planes=16'],
];
const run = ['train', 'pictures', '--out', 'run', '--epochs', '4', ...engine, ...model];

const evaluationSchema = z.object({
  total: z.int(),
  correct: z.int(),
  top1: z.number().check(z.minimum(0), z.maximum(1)),
  top5: z.number().check(z.minimum(0), z.maximum(1)),
  loss: z.number().check(z.nonnegative()),
  perClass: z.array(
    z.object({ name: z.string(), precision: z.number(), recall: z.number(), f1: z.number() }),
  ),
  confusion: z.array(z.array(z.int())),
});
const runSchema = z.object({
  run: z.string(),
  reason: z.string(),
  steps: z.int(),
  epochs: z.int(),
  best: z.nullable(z.object({ epoch: z.int(), top1: z.number() })),
  evaluation: z.nullable(z.extend(evaluationSchema, { on: z.string() })),
  report: z.string(),
});

let folder: string;
let trained: Finished;
const at = (...names: readonly string[]): string => join(folder, ...names);
const inFolder = (...args: readonly string[]): Promise<Finished> => cardinal(args, { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-round-trip-'));
  await writePictures(at('pictures'), { train: 14, val: 4, test: 5 });
  trained = await inFolder(...run, '--json');
});
afterAll(() => rm(folder, { recursive: true }));

describe('train, eval, predict', () => {
  it('trains, and prints one document', () => {
    expect(trained.code, trained.stderr).toBe(0);
    const summary = runSchema.parse(JSON.parse(trained.stdout));
    expect(summary).toMatchObject({
      run: 'run',
      reason: 'finished',
      steps: 28,
      epochs: 4,
      report: 'run/report.html',
    });
    // Three plain colours: anything that learns at all tells them apart.
    expect(summary.evaluation?.top1).toBeGreaterThanOrEqual(0.8);
    expect(trained.stderr).toMatch(/epoch 4\/4 .*validation loss/);
  });

  it('leaves everything in the run folder', async () => {
    expect((await readdir(at('run'))).sort()).toEqual([
      'best.safetensors',
      'config.json',
      'last.safetensors',
      'metrics.jsonl',
      'misclassified.csv',
      'pictures.jsonl.gz',
      'previous.safetensors',
      'report.html',
    ]);
    const config: unknown = JSON.parse(await readFile(at('run/config.json'), 'utf8'));
    expect(config).toMatchObject({ seed: 3, model: { name: 'resnext_cifar', options: { numClasses: 3 } } });
    const lines = (await readFile(at('run/metrics.jsonl'), 'utf8')).trim().split('\n');
    const types = lines.map((line) => z.object({ type: z.string() }).parse(JSON.parse(line)).type);
    expect(types.filter((type) => type === 'step')).toHaveLength(28);
    expect(types.filter((type) => type === 'epoch')).toHaveLength(4);
    const report = await readFile(at('run/report.html'), 'utf8');
    for (const text of ['Confusion matrix', '15 test pictures', 'data:image/png;base64,', '--seed 3']) {
      expect(report).toContain(text);
    }
  });

  it('eval says what train said, from the checkpoint alone', async () => {
    const { code, stdout, stderr } = await inFolder(
      'eval',
      'run/best.safetensors',
      'pictures',
      ...engine,
      '--json',
    );
    expect(code, stderr).toBe(0);
    const { on, ...evaluated } = runSchema.parse(JSON.parse(trained.stdout)).evaluation ?? { on: '' };
    expect(on).toBe('test');
    // Other batch sizes change the order of no sum within a picture, so all is equal but for the mean of the losses.
    const { loss, ...evaluation } = evaluationSchema.parse(JSON.parse(stdout));
    expect(evaluation).toEqual({ ...evaluated, loss: undefined });
    expect(loss).toBeCloseTo(z.object({ loss: z.number() }).parse(evaluated).loss, 4);
  });

  it('eval prints a table and a confusion matrix for people', async () => {
    const { stdout } = await inFolder(
      'eval',
      'run/best.safetensors',
      'pictures',
      '--split',
      'val',
      ...engine,
    );
    expect(stdout).toMatch(/^top-1 \d+\.\d\d % .*12 validation pictures correct/);
    expect(stdout).toContain('confusion matrix');
  });

  it('predict names the classes, and goes on after a picture that cannot be read', async () => {
    await writeFile(at('broken.png'), 'no picture');
    const { code, stdout, stderr } = await inFolder(
      ...[
        'predict',
        'run/best.safetensors',
        'pictures/test/red/0.png',
        'broken.png',
        'pictures/test/blue/1.png',
      ],
      ...['--top', '2', '--json', ...engine],
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cardinal: cannot read the picture broken\.png: [^\n]+\n$/);
    const guess = z.object({ class: z.string(), label: z.int(), probability: z.number() });
    const schema = z.array(z.object({ image: z.string(), top: z.array(guess).check(z.length(2)) }));
    const predictions = schema.parse(JSON.parse(stdout));
    expect(predictions.map(({ image, top }) => [image, top[0].class])).toEqual([
      ['pictures/test/red/0.png', 'red'],
      ['pictures/test/blue/1.png', 'blue'],
    ]);
  });
});

describe('forms', () => {
  it('a network in form (a) judges as it did in form (c), and comes back number for number', async () => {
    const steps = [
      ['convert', 'run/best.safetensors', 'paths.safetensors', '--form', 'a'],
      ['convert', 'paths.safetensors', 'grouped.safetensors', '--form', 'c'],
    ];
    for (const args of steps) {
      const { code, stderr } = await inFolder(...args);
      expect(stderr).toMatch(/^wrote \d+ tensors to .*, a resnext_cifar\n$/);
      expect(code).toBe(0);
    }
    const judge = async (file: string) => {
      const { stdout } = await inFolder('eval', file, 'pictures', '--json', ...engine);
      return evaluationSchema.parse(JSON.parse(stdout));
    };
    const [before, after] = [await judge('run/best.safetensors'), await judge('paths.safetensors')];
    expect(after.confusion).toEqual(before.confusion);
    expect(after.loss).toBeCloseTo(before.loss, 5);
    const [grouped, best] = await Promise.all(
      ['grouped.safetensors', 'run/best.safetensors'].map(async (file) =>
        readSafetensors(await readFile(at(file))),
      ),
    );
    expect(new Map([...grouped.tensors].toSorted())).toEqual(new Map([...best.tensors].toSorted()));
    const paths = (await readSafetensors(await readFile(at('paths.safetensors')))).tensors;
    expect([...paths.keys()]).toContain('layer1.0.paths.3.conv3.weight');
  });

  it('are refused where the network is unknown, or has one only', async () => {
    await saveWeights(createModel('resnet20_cifar'), at('bare.safetensors'));
    const failure = async (...args: readonly string[]) => {
      const { code, stderr } = await inFolder('convert', 'bare.safetensors', 'x.safetensors', ...args);
      expect(code).toBe(2);
      return stderr;
    };
    const other = await inFolder('convert', 'bare.safetensors', 'x.safetensors', '--model', 'resnet32_cifar');
    expect(other).toMatchObject({ code: 1 });
    expect(other.stderr).toMatch(/they fit resnet20_cifar$|They fit resnet20_cifar$/m);
    expect(await failure('--form', 'b')).toMatch(/^cardinal: --form is stored with the network: name it/);
    expect(await failure('--form', 'b', '--model', 'resnet20_cifar')).toMatch(
      /^cardinal: --form: resnet20_cifar has one form only/,
    );
    expect(await failure('--form', 'd')).toMatch(/^cardinal: --form: expected a or b or c, got 'd'/);
  });
});

describe('what does not fit is refused', () => {
  const cases: readonly (readonly [what: string, args: readonly string[], expected: RegExp])[] = [
    ['a folder that holds a run', run, /run holds a run already: continue it with --resume run/],
    [
      'another network',
      ['eval', 'run/best.safetensors', 'pictures', '--model', 'resnet20_cifar'],
      /not of resnet20/,
    ],
    [
      'another setting',
      ['eval', 'run/best.safetensors', 'pictures', '--set', 'planes=32'],
      /planes=16, not 32/,
    ],
    ['other classes', ['eval', 'run/best.safetensors', 'other'], /'yellow' is not among the 3 classes/],
    ['a cut checkpoint', ['eval', 'cut.safetensors', 'pictures'], /^cardinal: cut\.safetensors/],
    [
      'checkpoints that are gone',
      ['train', '--resume', 'only-best'],
      /cannot read only-best.last\.safetensors: no such file/,
    ],
    [
      'a picture that cannot be read, if strict',
      ['eval', 'run/best.safetensors', 'bad', '--strict'],
      /broken\.png/,
    ],
  ];

  it.each(cases)('%s', async (_, args, expected) => {
    await writePictures(at('other'), { test: 1 }, ['blue', 'yellow']);
    await writePictures(at('bad'), { test: 2 });
    await writeFile(at('bad/test/red/broken.png'), 'no picture');
    await copyFile(at('run/best.safetensors'), at('cut.safetensors'));
    await truncate(at('cut.safetensors'), 3000);
    await mkdir(at('only-best'), { recursive: true });
    for (const name of ['config.json', 'metrics.jsonl', 'best.safetensors']) {
      await copyFile(at('run', name), at('only-best', name));
    }
    const { code, stdout, stderr } = await inFolder(...args);
    expect(stderr).toMatch(/^cardinal: [^\n]+\n$/);
    expect(stderr).toMatch(expected);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it('a picture that cannot be read is left out and counted, if not strict', async () => {
    const { code, stdout, stderr } = await inFolder(
      'eval',
      'run/best.safetensors',
      'bad',
      ...engine,
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ skipped: 1, total: 6 });
    expect(stderr).toMatch(/^warning: 1 picture .*broken\.png/);
  });
});

describe('a run that is interrupted', () => {
  it('stops with a checkpoint, says how to go on, and ends with the weights of one that was not', async () => {
    const interrupted = await cardinal([...run.map((arg) => (arg === 'run' ? 'the cut' : arg))], {
      cwd: folder,
      onStderr: (child, stderr) => {
        if (stderr.includes('recipe quick') && !stderr.includes('stopping')) child.kill('SIGINT');
      },
    });
    expect(interrupted.code, interrupted.stderr).toBe(130);
    expect(interrupted.stderr).toContain('stopping with a checkpoint');
    // The sums of a native library depend on the number of threads.
    const needed = (await findBlas()) === undefined ? '' : ' --threads 2';
    expect(interrupted.stdout).toContain(`continue with: npx cardinal train --resume 'the cut'${needed}\n`);
    const [, listed = ''] = /the run is in the cut: (.*)/.exec(interrupted.stdout) ?? [];
    // Within the first epoch there are no best weights yet, and none are spoken of.
    expect(listed.split(', ').sort()).toEqual((await readdir(at('the cut'))).sort());

    const resumed = await inFolder('train', '--resume', 'the cut', '--json');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(runSchema.parse(JSON.parse(resumed.stdout))).toMatchObject({ reason: 'finished', steps: 28 });
    for (const name of ['last.safetensors', 'best.safetensors']) {
      const [cut, whole] = await Promise.all(['the cut', 'run'].map((path) => readFile(at(path, name))));
      expect(cut.equals(whole), name).toBe(true);
    }
  });

  it('is refused while another process trains in its folder', async () => {
    let second: Promise<Finished> | undefined;
    const longer = run.map((arg) => (arg === 'run' ? 'shared' : arg === '4' ? '5000' : arg));
    await cardinal(longer, {
      cwd: folder,
      onStderr: (child, stderr) => {
        if (!stderr.includes('recipe quick')) return;
        second ??= inFolder('train', '--resume', 'shared').finally(() => child.kill('SIGKILL'));
      },
    });
    expect(await second).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^cardinal: run folder shared is already in use by process \d+[^\n]*\n$/,
      ) as string,
    });
  });
});

describe('a loss that is not finite', () => {
  it('stops the run, is explained, and leaves the last good checkpoint', async () => {
    const args = [...run.map((arg) => (arg === 'run' ? 'nan' : arg)), '--lr', '1e30'];
    const { code, stdout, stderr } = await inFolder(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^cardinal: the loss is NaN at step 2 [^\n]* try a smaller learning rate[^\n]*\n$/m,
    );
    const { tensors } = await readSafetensors(await readFile(at('nan/last.safetensors')));
    for (const [name, { data }] of tensors) {
      expect(Array.from(data, Number).every(Number.isFinite), name).toBe(true);
    }
  });
});

describe('run', () => {
  it('computes logits, loss, gradients and running statistics of raw tensors', async () => {
    const { tensors: state } = await readSafetensors(await readFile(at('run/best.safetensors')));
    const input = Float32Array.from({ length: 2 * 3 * 12 * 12 }, (_, i) => Math.sin(i));
    const target = { dtype: 'I64', shape: [2], data: BigInt64Array.of(0n, 2n) } as const;
    await writeFile(at('w.safetensors'), await writeSafetensors(state));
    await writeFile(
      at('x.safetensors'),
      await writeSafetensors(
        new Map([
          ['input', f32([2, 3, 12, 12], input)],
          ['target', target],
        ]),
      ),
    );
    const flags = [
      ...['--weights', 'w.safetensors', '--input', 'x.safetensors', '--output', 'y.safetensors'],
      ...['--set', 'layers=1,1,1', 'cardinality=4', 'baseWidth=16', 'planes=16', 'numClasses=3'],
    ];
    const { code, stderr } = await inFolder('run', 'resnext_cifar', ...flags, '--gradients', ...engine);
    expect(code, stderr).toBe(0);
    const { tensors: y } = await readSafetensors(await readFile(at('y.safetensors')));
    const parameters = [...state.keys()].filter((name) => !/running_|num_batches/.test(name));
    expect([...y.keys()].filter((name) => name.startsWith('grad.'))).toEqual(
      parameters.map((name) => `grad.${name}`),
    );
    expect(y.get('logits')?.shape).toEqual([2, 3]);
    expect(y.has('buffer.bn1.running_mean')).toBe(true);
    // The loss is the mean cross-entropy of these very logits.
    const logits = Array.from(y.get('logits')?.data ?? [], Number);
    const crossEntropy = [0, 2].map((label, row) => {
      const scores = logits.slice(3 * row, 3 * row + 3);
      return Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[label];
    });
    expect(Number(y.get('loss')?.data[0])).toBeCloseTo((crossEntropy[0] + crossEntropy[1]) / 2, 5);
  });
});
