import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModel } from '../../src/models/registry.ts';
import { saveWeights } from '../../src/node/weights.ts';
import { cardinal, type Finished } from './cardinal.ts';

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
const explain = (...args: readonly string[]): Promise<Finished> =>
  cardinal(
    [
      ...['explain', 'w.safetensors', ...args],
      ...['--model', 'resnext_cifar', '--set', 'layers=1,1,1', 'planes=8', 'cardinality=2', 'baseWidth=8'],
      ...[
        '--mean',
        '0,0,0',
        '--std',
        '1,1,1',
        '--image-size',
        '12',
        '--classes',
        'names.txt',
        '--threads',
        '1',
      ],
    ],
    { cwd: folder },
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-explain-'));
  const options = { numClasses: 3, layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 };
  await saveWeights(createModel('resnext_cifar', options).initialize(1), at('w.safetensors'));
  await writeFile(at('names.txt'), 'cat\ndog\nbird\n');
  const png = await sharp({ create: { width: 24, height: 12, channels: 3, background: '#a0b0c0' } })
    .png()
    .toBuffer();
  await mkdir(at('photos', 'more'), { recursive: true });
  for (const name of ['a.png', 'more/A.png']) await writeFile(at('photos', name), png);
  await writeFile(at('broken.png'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('writes a PNG for each picture and one JSON, and goes on where a picture cannot be read', async () => {
  const args = ['broken.png', 'photos', '--class', 'dog', '--size', '50', '--out', 'new/why'];
  const { code, stdout, stderr } = await explain(...args);
  expect(stderr).toBe('cardinal: cannot read the picture broken.png: not a picture of a known format\n');
  expect(code).toBe(1);
  expect((await readdir(at('new/why'))).sort()).toEqual(['A-2.png', 'a.png', 'explanations.json']);
  const found = JSON.parse(await readFile(at('new/why/explanations.json'), 'utf8')) as {
    probability: number;
  }[];
  const known = { label: 1, class: 'dog', region: { left: 6, top: 0, width: 12, height: 12 } };
  expect(found).toMatchObject([
    { ...known, image: join('photos', 'a.png'), overlay: 'a.png' },
    { ...known, image: join('photos', 'more', 'A.png'), overlay: 'A-2.png' },
  ]);
  expect(await sharp(at('new/why/A-2.png')).metadata()).toMatchObject({
    format: 'png',
    width: 50,
    height: 25,
  });
  const percent = (100 * found[0].probability).toFixed(1);
  expect(stdout.split('\n')[0]).toBe(
    `${join('photos', 'a.png')}: dog ${percent} %, ${join('new/why', 'a.png')}`,
  );
});

it('writes one page with paths and likeliest classes, and their numbers', async () => {
  const args = [
    'photos/a.png',
    '--method',
    'occlusion',
    '--paths',
    '--html',
    'page/why.html',
    '--out',
    'both',
  ];
  const { code, stdout, stderr } = await explain(...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[1]).toMatch(/^ {2}block +paths +largest +most for the class +most against it$/);
  expect(lines.slice(2, 5).map((line) => line.trim().split(/ {2,}/).slice(0, 2))).toEqual([
    ['layer1.0', '2'],
    ['layer2.0', '2'],
    ['layer3.0', '2'],
  ]);
  expect(lines[5]).toBe('all of it as a page: page/why.html');
  const [{ logit, blocks }] = JSON.parse(await readFile(at('both/explanations.json'), 'utf8')) as {
    logit: number;
    blocks: { block: string; paths: { norm: number; share: number; effect: number }[] }[];
  }[];
  expect(Number.isFinite(logit)).toBe(true);
  for (const { paths } of blocks) {
    expect(paths[0].share + paths[1].share).toBeCloseTo(1, 4);
    expect(paths.every(({ norm, effect }) => norm > 0 && Number.isFinite(effect))).toBe(true);
  }
  const page = await readFile(at('page/why.html'), 'utf8');
  expect(page).not.toContain('<script');
  expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(2);
  expect(page.match(/<rect/g)).toHaveLength(12);
  for (const name of ['cat', 'dog', 'bird', 'layer3.0', 'photos/a.png']) expect(page).toContain(name);
});

it('wants somewhere to write to', async () => {
  const { code, stderr } = await explain('photos');
  expect(stderr).toMatch(/^cardinal: .*give --out with a folder, --html with a file, or both/);
  expect(code).toBe(2);
});

it('refuses a class that the network does not have, before it computes anything', async () => {
  const { code, stderr } = await explain('photos', '--class', 'dgo', '--out', 'none');
  expect(stderr).toMatch(
    /^cardinal: .*expected a class by its name or its label, from 0 to 2, got 'dgo'; .* dog, /,
  );
  expect(code).toBe(2);
  expect(await readdir(folder)).not.toContain('none');
});
