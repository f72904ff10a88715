import { csvParse } from 'd3-dsv';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { f32 } from '../../src/base/tensor-data.ts';
import { createModel } from '../../src/models/registry.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { cardinal, type Finished } from './cardinal.ts';

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
const known = [
  ...['--model', 'resnext_cifar', '--set', 'layers=1,1,1', 'planes=8', 'cardinality=2', 'baseWidth=8'],
  ...['--mean', '0,0,0', '--std', '1,1,1', '--image-size', '12', '--classes', 'names.txt', '--threads', '1'],
];
const predict = (
  images: readonly string[],
  flags: readonly string[] = [],
  stdin?: Uint8Array,
): Promise<Finished> =>
  cardinal(['predict', 'w.safetensors', ...images, ...flags, ...known], {
    cwd: folder,
    ...(stdin === undefined ? {} : { stdin }),
  });

/** Whatever a picture shows, the biases alone decide: logits 2, 1 and 0. */
const probabilities = [2, 1, 0].map((logit) => Math.exp(logit) / (Math.exp(2) + Math.exp(1) + 1));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-predict-'));
  const options = { numClasses: 3, layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 };
  const model = createModel('resnext_cifar', options).initialize(1);
  const state = model.stateDict();
  const weight = state.get('fc.weight');
  if (weight?.dtype !== 'F32') throw new Error('no classifier');
  state.set('fc.weight', f32(weight.shape, new Float32Array(weight.data.length)));
  state.set('fc.bias', f32([3], Float32Array.of(1, 2, 0)));
  model.loadStateDict(state);
  await saveWeights(model, at('w.safetensors'));
  await writeFile(at('names.txt'), 'a cat\n"dog", grown\n=bird\n');
  const png = await sharp({ create: { width: 12, height: 12, channels: 3, background: '#a0b0c0' } })
    .png()
    .toBuffer();
  for (const name of [
    'b.png',
    'Z.PNG',
    'a.png',
    'deep/er/c.png',
    'odd, "name".png',
    '\u{1f600}.png',
    '\uff71.png',
  ]) {
    await mkdir(at('photos', name, '..'), { recursive: true });
    await writeFile(at('photos', name), png);
  }
  await writeFile(at('photos', 'notes.txt'), 'no picture');
  await mkdir(at('empty'));
  await writeFile(at('empty', 'notes.txt'), 'no picture');
  await sharp({ create: { width: 13, height: 12, channels: 3, background: '#a0b0c0' } }).toFile(
    at('wide.png'),
  );
  await writeFile(at('broken.jpg'), 'no picture');
  await writeFile(at('drawing.jpg'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  await writeFile(at('evil\u001b[31m\n.jpg'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true }));

/** Code points decide: capitals first, and what lies beyond 16 bits last. */
const inPhotos = [
  'Z.PNG',
  'a.png',
  'b.png',
  'deep/er/c.png',
  'odd, "name".png',
  '\uff71.png',
  '\u{1f600}.png',
].map((name) => join('photos', name));

describe.concurrent('predict', () => {
  it('takes a folder with all that is inside, and writes a table', async () => {
    const { code, stdout, stderr } = await predict(['photos'], ['--csv', '--top', '2']);
    expect(stderr).toMatch(/^photos: left out: 1 \.txt file\n$/);
    expect(code).toBe(0);
    expect(stdout.split('\n', 1)).toEqual(['image,class,probability,class_2,probability_2']);
    const rows = csvParse(stdout);
    expect(rows.map(({ image }) => image)).toEqual(inPhotos);
    for (const row of rows) {
      expect(row).toMatchObject({ class: '"dog", grown', class_2: 'a cat' });
      expect(Number(row['probability'])).toBeCloseTo(probabilities[0], 6);
      expect(Number(row['probability_2'])).toBeCloseTo(probabilities[1], 6);
    }
  });

  it('names no more classes than there are', async () => {
    const { stdout } = await predict(['photos/a.png'], ['--csv', '--top', '9']);
    const [header, row, ...more] = stdout.trimEnd().split('\n');
    expect(header).toBe('image,class,probability,class_2,probability_2,class_3,probability_3');
    expect(row).toMatch(/^photos\/a\.png,"""dog"", grown",0\.66\d+,a cat,0\.24\d+,'=bird,0\.09\d+$/);
    expect(more).toEqual([]);
  });

  it('writes a line of JSON for each of several', async () => {
    const { code, stdout, stderr } = await predict(['photos', 'photos/b.png'], ['--jsonl']);
    expect(code, stderr).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { image: string; top: { class: string; label: number }[] });
    expect(lines.map(({ image }) => image)).toEqual([...inPhotos, join('photos', 'b.png')]);
    for (const { top } of lines) expect(top.map(({ label }) => label)).toEqual([1, 0, 2]);
  });

  it('reads one from standard input', async () => {
    const { code, stdout, stderr } = await predict(['-'], ['--json'], await readFile(at('photos', 'a.png')));
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { image: '-', top: [{ label: 1 }, { label: 0 }, { label: 2 }] },
    ]);
    const empty = await predict(['-']);
    expect(empty).toMatchObject({ code: 1, stdout: '' });
    expect(empty.stderr).toBe('cardinal: -: cannot read the picture: it is empty\n');
  });

  it('goes on after what cannot be read, and says so in the end', async () => {
    const names = ['broken.jpg', 'gone.png', 'empty', 'drawing.jpg', 'evil\u001b[31m\n.jpg', 'wide.png'];
    const flags = ['--csv', '--top', '1', '--max-pixels', '144', '--decode-seconds', '600'];
    const { code, stdout, stderr } = await predict([...names, 'photos/a.png'], flags);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'cardinal: empty holds no pictures that can be read (left out: 1 .txt file)',
      'cardinal: cannot read the picture broken.jpg: not a picture of a known format',
      'cardinal: cannot read the picture gone.png: no such file or folder',
      expect.stringMatching(
        /^cardinal: cannot read the picture drawing\.jpg: it is an SVG drawing, expected JPEG/,
      ),
      'cardinal: cannot read the picture evil\\u001b[31m\\u000a.jpg: not a picture of a known format',
      'cardinal: cannot read the picture wide.png: it is 13×12 pixels (156), more than maxPixels, 144: raise it (--max-pixels) if you trust the picture',
      '5 of 6 pictures could not be classified',
    ]);
    expect(csvParse(stdout).map(({ image }) => image)).toEqual(['photos/a.png']);
  });

  it('shows a person each picture', async () => {
    const { code, stdout, stderr } = await predict(['photos/a.png', 'photos/b.png'], ['--top', '1']);
    expect(code, stderr).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'photos/a.png',
      expect.stringMatching(/^ {2}"dog", grown +66\.5 % +█+$/),
      'photos/b.png',
      expect.stringMatching(/^ {2}"dog", grown +66\.5 % +█+$/),
      '',
    ]);
  });

  it.each([
    [['photos/a.png', '--csv', '--jsonl'], /^cardinal: --jsonl and --csv: expected one of them/],
    [['-', 'photos', '-'], /^cardinal: - stands for the one picture on standard input: give it once\n$/],
  ])('refuses %j', async (args, expected) => {
    const { code, stdout, stderr } = await predict(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(expected);
  });
});
