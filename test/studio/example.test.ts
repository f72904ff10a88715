import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleNetwork, exampleOptions } from '../../scripts/example-run.ts';
import { withBundled } from '../../src/cli/studio/with-bundled.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { openData } from '../../src/node/data/open.ts';
import { trainOn } from '../../src/node/training/train-on.ts';
import { recordsIn } from '../../src/studio/train/records.ts';
import { browsers, openBrowser, type TestBrowser } from '../browser/support/browsers.ts';
import { asking } from './support/line.ts';
import { fill, give, press, says } from './support/page-actions.ts';
import {
  bundled,
  example,
  openPlatform,
  serveMachine,
  serveStatic,
  type TestPlatform,
} from './support/studio.ts';
import { twoClasses, type TwoClasses } from './support/two-classes.ts';

/** The run that comes with the studio, so that every room shows something before anybody has trained. */
const metrics = async () => recordsIn(await readFile(join(example.path, 'metrics.jsonl'))).records;

let opened: TestPlatform;
let engine: ReturnType<typeof asking>;
/** Bundled test pictures that it gets right, as this machine counts them. */
let right: number;

beforeAll(async () => {
  opened = await openPlatform([bundled], [example]);
  engine = asking(opened.platform);
  const [data, run] = await engine.call('items', []);
  const { logits, labels } = await engine.call('judge', [{ weights: run.id, data: data.id, split: 'test' }]);
  const classes = logits.length / labels.length;
  right = labels.filter((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own)) === label;
  }).length;
});
afterAll(() => opened.close());

describe('its files', () => {
  test('are small, and know about nine of ten test pictures', async () => {
    const names = (await readdir(example.path)).sort();
    expect(names).toEqual(['README.md', 'best.safetensors', 'config.json', 'metrics.jsonl']);
    expect((await readFile(join(example.path, 'best.safetensors'))).length).toBeLessThan(300_000);
    expect(right).toBeGreaterThan(860);
    expect(right).toBeLessThan(920);
  });

  // scripts/make-example-run.ts --check trains all of it.
  test('are what training gives: its first steps have the same losses', async () => {
    const backend = await createNodeBackend({ blas: false });
    try {
      // Kernels that round twice have other last digits.
      if (backend.numerics?.multiplyAdd !== 'fused') return;
      const steps: number[] = [];
      const enough = new AbortController();
      await trainOn(await openData(bundled), exampleNetwork, {
        ...{ ...exampleOptions, blas: undefined, backend, evaluate: false, signal: enough.signal },
        onEvent: (event) => {
          if (event.type === 'step') steps.push(Number(event.loss.toPrecision(6)));
          if (steps.length === 12) enough.abort();
        },
      });
      const known = (await metrics()).flatMap((record) => (record.type === 'step' ? [record['loss']] : []));
      expect(steps.length).toBeGreaterThanOrEqual(12);
      expect(steps).toEqual(known.slice(0, steps.length));
    } finally {
      await backend.dispose();
    }
  });
});

describe('on this machine', () => {
  test('it is there, finished, last of all runs, and of the bundled pictures', async () => {
    const [run] = await engine.call('runs', []);
    expect(run).toMatchObject({ name: 'Example', isExample: true, training: 'no', hasCheckpoint: true });
    expect(run.settings['data']).toBe(bundled);
    expect((await engine.call('metrics', [{ run: run.id }])).at(-1)).toMatchObject({
      type: 'end',
      reason: 'finished',
    });
  });

  test('it is there where nothing is named, and the pictures where no others are', () => {
    const [pictures, run] = withBundled([]);
    expect(pictures).toMatchObject({ kind: 'data', name: 'Fashion-MNIST sample' });
    expect(run).toMatchObject({ kind: 'run', name: 'Example', isExample: true });
    const lies = [pictures, run].map(({ path }) => basename(path));
    expect(lies).toEqual(['fashion-mnist-sample', 'fashion-mnist-run']);
    const weights = { kind: 'weights', path: '/net.safetensors', name: 'net' } as const;
    expect(withBundled([weights]).map(({ kind }) => kind)).toEqual(['weights', 'data']);
    const data = { kind: 'data', path: '/photos', name: 'photos' } as const;
    expect(withBundled([data])).toEqual([data]);
  });

  test('nothing changes it', async () => {
    const before = await readFile(join(example.path, 'best.safetensors'));
    const [run] = await engine.call('runs', []);
    const stays = /^Example came with the studio and stays as it is: train a run of your own/;
    await expect(engine.call('resume', [{ run: run.id, epochs: 20 }])).rejects.toThrow(stays);
    await expect(engine.call('saveTemperature', [{ weights: run.id, temperature: 2 }])).rejects.toThrow(
      stays,
    );
    expect(await readFile(join(example.path, 'best.safetensors'))).toEqual(before);
  });
});

const cases = [
  ...browsers.map((kind) => ({ kind, where: 'the page' })),
  ...browsers.slice(0, 1).map((kind) => ({ kind, where: 'this machine' })),
];

describe.skipIf(cases.length === 0).each(cases)('in $kind, computed by $where', ({ kind, where }) => {
  let browser: TestBrowser;
  let pictures: TwoClasses;
  beforeAll(async () => {
    browser = await openBrowser(kind);
    pictures = await twoClasses(1);
  });
  afterAll(async () => {
    await browser.close();
    await pictures.remove();
  });

  test('a link shows it in Train, Judge, Look inside and Use', async () => {
    const studio = where === 'the page' ? await serveStatic(true) : await serveMachine(opened);
    try {
      const page = await browser.newPage();
      await page.goto(`${studio.url}#/train`);
      await says(page, /Finished: 10 of 10 epochs\./);
      const last = (await metrics()).findLast(({ type }) => type === 'epoch')?.['validation'];
      const { top1 } = last as { readonly top1: number };
      const share = (100 * top1).toFixed(1).replace('.', String.raw`\.`);
      await says(page, new RegExp(`${share} % of the validation pictures`));
      await says(page, /What Example takes pictures for .*(✓|✗) /);
      await page.evaluate(() => {
        if (
          [...document.querySelectorAll('button')].some(({ textContent }) => textContent?.includes('Go on'))
        )
          throw new Error('nothing goes on with it');
      }, undefined);

      await press(page, 'Judge');
      await fill(page, 'Network', 'Example');
      await press(page, 'Judge');
      await says(page, new RegExp(`${right} of 1,000 pictures are classified right`));

      await press(page, 'Look inside');
      await fill(page, 'Network', 'Example');
      await says(page, /choose/);
      await page.evaluate(() => {
        const select = [...document.querySelectorAll('.inside-chooser select')][2];
        select.value = '0';
        select.dispatchEvent(new Event('change', { bubbles: true }));
      }, undefined);
      await says(page, /(T-shirt|Trouser|Pullover|Dress|Coat|Sandal|Shirt|Sneaker|Bag|Ankle boot)[^%]*\d %/);

      await press(page, 'Use');
      await fill(page, 'Network', 'Example');
      await give(page, 'Drop a picture that it has never seen', pictures.light);
      await says(page, /light 0\.ppm [A-Z][\w/ -]+, \d+(\.\d+)? %/);
    } finally {
      await studio.close();
    }
  });
});

/** What tests use of a page's document; its types are not those of Node. */
declare const document: {
  querySelectorAll(selector: string): Iterable<{
    readonly textContent: string | null;
    value: string;
    dispatchEvent(event: Event): boolean;
  }>;
};
