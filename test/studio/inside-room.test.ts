import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { loadClassifier } from '../../src/node/classifier.ts';
import { pictureOf } from '../../src/studio/pictures.ts';
import { buildCheckpoint } from '../../src/train/checkpoint.ts';
import type { PicturePaths } from '../../src/use/explain/explanation.ts';
import { browsers, openBrowser, type TestBrowser } from '../browser/support/browsers.ts';
import { drawWeights } from '../use/explain/networks.ts';
import { faultsOfRoom } from './support/axe.ts';
import { InsidePage } from './support/inside-page.ts';
import { bundled, openPlatform, serveMachine, serveStatic, type TestPlatform } from './support/studio.ts';

const options = { layers: [1, 1], cardinality: 32, baseWidth: 4, planes: 32, inChannels: 1, numClasses: 10 };
const model = createModel('resnext_cifar', options);
drawWeights(model, 1);
const at = 3;

let folder: string;
let weights: string;
let opened: TestPlatform;
/** What the library says of the picture's paths. */
let expected: PicturePaths;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-inside-'));
  weights = join(folder, 'small.safetensors');
  const bytes = await buildCheckpoint({
    model: { name: 'resnext_cifar', options },
    input: [1, 28, 28],
    classes: Array.from({ length: 10 }, (_, label) => `kind ${label}`),
    preprocessing: {
      ...{ channels: 1, size: [28, 28], resize: 28, interpolation: 'bilinear', mean: [0.3], std: [0.35] },
    },
    state: model.stateDict(),
  });
  await writeFile(weights, bytes);
  opened = await openPlatform([bundled, weights]);
  await using classifier = await loadClassifier(weights, { threads: 1, blas: false });
  expected = await classifier.pathContributions(
    await pictureOf(opened.platform, { data: await idOf('data'), split: 'test', index: at }),
  );
}, 120_000);
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

const number = (value: number): string => (value === 0 ? '0' : Math.abs(value).toPrecision(3));
const signed = (value: number): string => (value === 0 ? '' : value < 0 ? '−' : '+') + number(value);

/** How the page names the paths of a block, by the library's numbers. */
function namesOf(block: string): string[] {
  const { paths = [] } = expected.blocks.find((one) => one.block === block) ?? {};
  return paths.map(
    ({ norm, share, effect }, path) =>
      `Path ${path}: norm ${number(norm)}, share ${signed(share)}, effect ${signed(effect)}`,
  );
}

const pathsShown = '[role=listbox] [role=option]';
const blocks = '.inside-strip input';

const engines = [
  { where: 'this machine', serve: () => serveMachine(opened), isPage: false },
  { where: 'the page', serve: () => serveStatic(true), isPage: true },
] as const;

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))('in $kind', ({ kind }) => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser(kind);
  });
  afterAll(() => browser.close());

  test.each(engines)(
    'a picture is taken apart by the engine of $where',
    { timeout: 300_000 },
    async ({ serve, isPage }) => {
      const studio = await serve();
      try {
        const page = await browser.newPage();
        const room = new InsidePage(page);
        if (isPage) await room.keep(studio.url, 'small', await readFile(weights));
        await room.open(studio.url);
        await room.set(
          '.inside-chooser div.field select',
          isPage ? 'opfs:runs/small' : await idOf('weights'),
        );
        await room.set('.inside-chooser label:nth-of-type(2) select', String(at));
        expect(await room.count('.inside-classes button', 5)).toBe(5);
        // The picture, and the same with what speaks for the class.
        expect(await room.count('.inside-pictures canvas', 2)).toBe(2);

        // The last block comes first, then all.
        const paths = (block: string) =>
          room.all(pathsShown, (found) => found.join() === namesOf(block).join(), 'aria-label');
        expect(await paths('layer2.0')).toEqual(namesOf('layer2.0'));
        // Three layers of 32 paths, each a piece of an outline.
        const pieces = (outlines: readonly string[]) => outlines.join('').split('M').length - 1;
        const isWhole = (outlines: readonly string[]) => pieces(outlines) === 96;
        expect(pieces(await room.all('.block-figure .piece', isWhole, 'd'))).toBe(96);
        await room.click('[aria-labelledby=inside-paths] button', 'Leave out the 64 paths of all blocks');
        const names = await room.all(
          blocks,
          (all) => all.every((one) => one.includes('path ')),
          'aria-label',
        );
        expect(names).toHaveLength(2);
        expect(names[0]).toMatch(/^layer1\.0, 32 paths, path \d+ \+[\d.e-]+, path \d+ −[\d.e-]+$/);
        await room.press(`${blocks}:checked`, 'ArrowLeft');
        expect(await paths('layer1.0')).toEqual(namesOf('layer1.0'));

        // Bars are as high as the numbers say, on one scale.
        const effects = expected.blocks[0].paths.map(({ effect }) => effect);
        const most = Math.max(...effects.map(Math.abs));
        const heights = await room.all(
          '.block-figure :is(.for, .against)',
          ({ length }) => length === 32,
          'height',
        );
        heights.forEach((height, path) => {
          const size = (46 * Math.abs(effects[path])) / most;
          expect(Number(height)).toBeCloseTo(size === 0 ? 0 : Math.max(1, size), 3);
        });
        expect(
          await room.count('.block-figure .against', effects.filter((effect) => effect < 0).length),
        ).toBe(effects.filter((effect) => effect < 0).length);

        // Of Firefox a key is lost now and then between the drawing's answers: keys are walked in Chromium.
        if (kind === 'chromium') {
          await room.press(`${pathsShown}[tabindex="0"]`, 'ArrowRight');
          const told = (name: string) => room.all('.inside-path strong', ([text]) => text === name);
          expect(await told(namesOf('layer1.0')[1])).toEqual([namesOf('layer1.0')[1]]);
          await room.press(`${pathsShown}[tabindex="0"]`, 'End');
          expect(await told(namesOf('layer1.0')[31])).toEqual([namesOf('layer1.0')[31]]);
        }

        expect(await room.count('.inside-numbers tbody tr', 32)).toBe(32);
        const rows = expected.blocks.flatMap(({ block, paths: all }) =>
          all.map(({ norm, share, effect }, path) => [block, path, norm, share, effect].join()),
        );
        expect(await room.saved('.buttons button', 'Save 2 blocks as CSV')).toBe(
          ['block,path,norm,share,effect', ...rows, ''].join('\n'),
        );

        await room.set('[aria-labelledby=inside-layers] select', 'layer1.0.conv2');
        expect(await room.count('.inside-map canvas', 64)).toBe(64);
        // Two convolutions of 3×3 before it, and one 1×1: 5×5 pixels around the unit, the middle one.
        const seen = (text: string) =>
          room.all('.inside-seen p:first-child', ([found = '']) => found.includes(text));
        const middle = '5×5 pixels: rows 12 to 16, columns 12 to 16';
        expect((await seen(middle))[0]).toContain(middle);
        await room.set('.inside-seen input', '0', 'input');
        const edge = '5×5 pixels: rows −2 to 2, columns 12 to 16';
        expect((await seen(edge))[0]).toContain(edge);

        const filters = '[aria-labelledby=inside-filters]';
        expect(await room.count(`${filters} canvas`, 32)).toBe(32);
        const first = model.stateDict().get('conv1.weight')?.data;
        if (!(first instanceof Float32Array)) throw new Error('expected numbers');
        const grey = Math.round(127.5 + (127.5 * first[9 + 5]) / Math.max(...first.map(Math.abs)));
        expect(await room.pixel(`${filters} li:nth-child(2) canvas`, 2, 1)).toEqual([grey, grey, grey]);
        await room.set(`${filters} select`, 'layer2.0.conv2');
        const groups = await room.all(
          `${filters} canvas`,
          (all) => all[31]?.includes('group 7'),
          'aria-label',
        );
        expect(groups[31]).toMatch(/^Filter 31, group 7: weights from /);
        if (kind === 'chromium') expect(await faultsOfRoom(page)).toEqual([]);
        expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
      } finally {
        await studio.close();
      }
    },
  );
});

async function idOf(kind: 'data' | 'weights'): Promise<string> {
  const item = (await opened.platform.items()).find((one) => one.kind === kind);
  if (item === undefined) throw new Error(`expected ${kind}`);
  return item.id;
}
