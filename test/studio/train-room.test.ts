import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { environment } from '../cli/cardinal.ts';
import { eventually, readUntil } from '../support/eventually.ts';
import { bundled, writeSome } from '../support/some-pictures.ts';
import { faultsOfRoom } from './support/axe.ts';
import { asking } from './support/line.ts';
import { copyRun, epochRecord, stepRecord, writeRun } from './support/runs.ts';
import {
  openPlatform,
  serveMachine,
  serveStatic,
  type TestPlatform,
  type TestStudio,
} from './support/studio.ts';

const bin = fileURLToPath(new URL('../../bin/cardinal.js', import.meta.url));
const options = { layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 };
const model = { name: 'resnext_cifar', options };

/** What is used of a path; its type is not one of Node's. */
interface Outline {
  getAttribute(name: string): string | null;
}

let folder: string;
let clothes: string;
let opened: TestPlatform;
let engine: ReturnType<typeof asking>;
let data: string;
/** A run of one epoch, with checkpoints. */
let first: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-studio-room-'));
  clothes = join(folder, 'clothes');
  await writeSome(bundled, clothes, { train: 200, t10k: 20 });
  opened = await openPlatform([clothes]);
  engine = asking(opened.platform);
  data = (await engine.call('items', []))[0].id;
  first = await engine.call('train', [{ data, model, name: 'first', epochs: 1, batchSize: 50 }]);
  await eventually(async () => {
    expect((await engine.call('runs', []))[0].training).toBe('no');
  });
}, 120_000);

afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(opened.runsFolder, name);

describe.skipIf(!browsers.includes('chromium'))('the room Train', () => {
  let browser: TestBrowser;
  let studio: TestStudio;

  beforeAll(async () => {
    browser = await openBrowser('chromium');
  });

  beforeEach(async () => {
    studio = await serveMachine(opened);
  });

  afterEach(async () => {
    await studio.close();
    for (const { id, name, training } of await engine.call('runs', [])) {
      if (training === 'here') await engine.call('stop', [{ run: id }]);
      if (id !== first) await rm(at(name), { recursive: true, force: true });
    }
  });

  afterAll(async () => {
    await browser.close();
  });

  /** The page that was opened last. */
  let shown: TestPage;

  async function open(hash: string, url = studio.url): Promise<Page> {
    shown = await browser.newPage();
    const { playwright: page } = shown.driver;
    if (page === undefined) throw new Error('Chromium is driven by playwright');
    page.setDefaultTimeout(60_000);
    await page.goto(`${url}${hash}`);
    return page;
  }

  const card = (page: Page, run: string) => page.getByRole('region', { name: `Run ${run}`, exact: true });
  const listed = (page: Page, run: string) => page.getByRole('checkbox', { name: new RegExp(`^${run}`) });
  const legend = (page: Page) => page.getByRole('list', { name: 'Runs that are drawn' });

  test('shows a run of the command line as it is written, its death and how it goes on', async () => {
    const page = await open('#/train');
    await listed(page, 'first').waitFor();
    const epochsOf = async (): Promise<number> =>
      Number(await card(page, 'cli').getByRole('progressbar').getAttribute('value'));
    const set = Object.entries(options).map(([key, value]) => `--set ${key}=${String(value)}`.split(' '));
    const begin = ['train', clothes, '--model', model.name, ...set.flat(), '--batch-size', '10'];
    const settings = [...begin, '--epochs', '400', '--out', at('cli'), '--threads', '1'];
    const start = (args: readonly string[]) =>
      spawn(process.execPath, [bin, ...args], { cwd: folder, env: environment, stdio: 'ignore' });
    const child = start(settings);
    const gone = once(child, 'exit');
    try {
      await listed(page, 'cli').check();
      await card(page, 'cli').getByText('Training, started elsewhere: epoch').waitFor();
      // Another cannot be stopped from here.
      expect(await page.getByRole('button', { name: 'Stop cli' }).count()).toBe(0);
      const before = await epochsOf();
      await eventually(async () => {
        expect(await epochsOf()).toBeGreaterThan(before);
      });
    } finally {
      child.kill('SIGKILL');
      await gone;
    }
    await card(page, 'cli')
      .getByText(/^It was cut off after \d+ of 400 epochs/)
      .waitFor();
    const resumed = start(['train', '--resume', at('cli'), '--threads', '1']);
    const ended = once(resumed, 'exit');
    try {
      await card(page, 'cli').getByText('Training, started elsewhere: epoch').waitFor();
      const begun = await epochsOf();
      await eventually(async () => {
        expect(await epochsOf()).not.toBe(begun);
      });
    } finally {
      resumed.kill('SIGINT');
      await ended;
    }
    await card(page, 'cli')
      .getByText(/^Stopped after \d+ of 400 epochs; it can go on/)
      .waitFor();
  });

  test('is the same in two tabs, and finds its run again when the server was gone', async () => {
    await engine.call('train', [{ data, model, name: 'long', epochs: 1000, batchSize: 10 }]);
    const [one, two] = [await open('#/train?run=long'), await open('#/train?run=long')];
    await card(two, 'long')
      .getByText(/^Training: epoch/)
      .waitFor();
    await card(one, 'long').getByRole('button', { name: 'Stop long' }).click();
    await card(two, 'long')
      .getByText(/^Stopped after/)
      .waitFor();
    await card(two, 'long').getByRole('button', { name: 'Go on with long' }).click();
    await card(one, 'long')
      .getByText(/^Training: epoch/)
      .waitFor();
    // A second run is refused in words; the first goes on.
    await eventually(async () => {
      expect(await one.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
    });
    const port = Number(new URL(studio.origin).port);
    await studio.close();
    await one.getByText('The studio on this machine is not there.').waitFor();
    // What was there stays in sight.
    await card(one, 'long')
      .getByText(/^Training: epoch/)
      .waitFor();
    expect(await one.getByRole('img', { name: /^Loss/ }).getAttribute('aria-label')).toMatch(/long: [\d.]+/);
    studio = await serveMachine(opened, port);
    await one.getByText(/^This machine/).waitFor();
    await card(one, 'long').getByRole('button', { name: 'Stop long' }).click();
    for (const page of [one, two])
      await card(page, 'long')
        .getByText(/^Stopped after/)
        .waitFor();
  });

  test('speaks of the run of the address, and all rooms follow a choice', async () => {
    await copyRun(at('first'), at('second'), { labelSmoothing: 0.25 });
    const page = await open('#/train?run=second&with=first');
    await card(page, 'second').waitFor();
    await legend(page).getByRole('button', { name: 'first', exact: true }).click();
    const network = page.getByLabel('Network', { exact: true });
    const chosen = () => network.locator('option:checked').innerText();
    const go = (room: string) => page.getByRole('navigation').getByRole('link', { name: room }).click();
    for (const room of ['Judge', 'Look inside', 'Use']) {
      await go(room);
      await network.waitFor();
      expect(await chosen(), room).toBe('first');
    }
    await network.selectOption({ label: 'second' });
    expect(new URL(page.url()).hash).toBe('#/use?run=second&with=first');
    await page.reload();
    await network.waitFor();
    expect(await chosen()).toBe('second');
    await go('Network');
    await go('Train');
    await legend(page).getByRole('button', { name: 'second', exact: true, pressed: true }).waitFor();
    expect(await legend(page).getByRole('listitem').count()).toBe(2);
    // Beside each other they are compared by what differs.
    const table = page.getByRole('table');
    expect(await table.getByRole('columnheader').last().innerText()).toBe('labelSmoothing');
  });

  test('draws a dozen runs, says which are not drawn, and saves what it shows', async () => {
    for (let run = 1; run <= 14; run++) {
      const steps = Array.from({ length: 2000 }, (_, step) => stepRecord(step + 1, run / (step + 1)));
      const epochs = Array.from({ length: 200 }, (_, epoch) => epochRecord(epoch, epoch / 200, true));
      const end = { type: 'end', reason: run > 12 ? 'interrupted' : 'finished', step: 2000, seconds: 9 };
      await writeRun(at('first'), at(`run ${run}`), [...steps, ...epochs, end], {
        labelSmoothing: run / 100,
      });
    }
    const page = await open('#/train');
    await page.getByText(/^15 listed, 1 drawn below; 14 not drawn/).waitFor();
    await page.getByLabel('Text', { exact: true }).fill('run');
    await page.getByText('14 of 15 listed').waitFor();
    await page.getByLabel('State', { exact: true }).selectOption('finished');
    await page.getByText('12 of 15 listed').waitFor();
    await page.getByLabel('Order', { exact: true }).selectOption('name');
    await page.getByRole('button', { name: 'Draw all 12' }).click();
    await page.getByText('12 of 15 listed, 12 drawn below; no more than 12 are drawn').waitFor();
    await page.getByRole('button', { name: /^Take/ }).first().waitFor();
    const buttons = await legend(page).getByRole('button', { name: /^run/ }).allInnerTexts();
    expect(buttons.map((text) => text.trim())).toEqual(
      Array.from({ length: 12 }, (_, at) => `run ${at + 1}`),
    );
    await page.getByLabel('State', { exact: true }).selectOption('');
    expect(await listed(page, 'run 13').isDisabled()).toBe(true);
    await page.getByText('14 of 15 listed, 12 drawn below; 2 not drawn').waitFor();
    // So much is drawn at most, however long they are.
    const drawn = page.locator('.chart .drawn').first();
    await eventually(async () => {
      expect(await drawn.locator('.run-mark').count()).toBe(36);
    });
    const lengths = await drawn
      .locator('.run-mark path')
      .evaluateAll((paths: Outline[]) =>
        paths.map((path) => path.getAttribute('d')?.split(/[LM]/).length ?? 0),
      );
    expect(Math.max(...lengths)).toBeGreaterThan(300);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(602);
    await legend(page).getByRole('button', { name: 'run 7', exact: true }).focus();
    await eventually(async () => {
      expect(await drawn.locator('.run-mark.is-behind').count()).toBe(33);
    });

    const saved = async (button: string): Promise<string> => {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: button, exact: true }).click();
      return readFile(await (await download).path(), 'latin1');
    };
    const table = await saved('Save the table of runs as CSV');
    const [head, ...rows] = table.trim().split('\n');
    expect(head).toBe('run,state,epochs,best accuracy,of epoch,its loss,labelSmoothing');
    expect(rows[2]).toBe('run 3,finished,200 of 1,99.5 %,200,0.502,0.03');
    expect(rows).toHaveLength(12);
    const title = 'Save Loss: how wrong it is, less is better as';
    const svg = await saved(`${title} SVG`);
    expect(svg).toContain('run 12');
    expect(svg).not.toContain('var(--');
    expect(await saved(`${title} PNG`)).toMatch(/^\x89PNG/);
    expect(await faultsOfRoom(shown)).toEqual([]);
  });

  test('tells that a run is gone, and shows it when it is back', async () => {
    await writeRun(at('first'), at('moved'), [stepRecord(1, 2), stepRecord(2, 1)]);
    const page = await open('#/train?run=moved&with=first');
    await card(page, 'moved').waitFor();
    await rename(at('moved'), join(folder, 'away'));
    await page.getByRole('alert').getByText('moved is not there any more').waitFor();
    // Another comes to its place.
    await writeRun(at('first'), at('moved'), [stepRecord(1, 7)]);
    await eventually(async () => {
      expect(await page.getByRole('img', { name: /^Loss/ }).getAttribute('aria-label')).toContain(
        'moved: 7.00',
      );
    });
    await rm(join(folder, 'away'), { recursive: true });
  });

  test.each([
    { where: 'this machine', serve: () => serveMachine(opened) },
    { where: 'the page', serve: () => serveStatic(true) },
  ])('trains with a rate that explodes and says what to do, by the engine of $where', async ({ serve }) => {
    const other = await serve();
    const page = await open('#/train', other.url);
    try {
      await page.getByText('More settings').click();
      await page.getByLabel('Recipe', { exact: true }).selectOption('cifar');
      const rate = page.getByLabel('Learning rate', { exact: true });
      await rate.fill('1e30');
      await page.getByLabel('Batch', { exact: true }).fill('20');
      await page.getByLabel('Epochs', { exact: true }).fill('2');
      await page.getByRole('button', { name: 'Start training' }).click();
      const why = page.getByRole('note', { name: /^Why resnext_cifar/ });
      await why.getByText(/the loss of resnext_cifar.* was no number any more/).waitFor();
      await page.getByText('the loss is no number any more').first().waitFor();
      expect(await page.locator('.chart text', { hasText: 'no number any more' }).count()).toBeGreaterThan(0);
      await why.getByRole('button', { name: /^Take/ }).click();
      expect(Number(await rate.inputValue())).toBe(1e29);
      expect(await page.getByRole('button', { name: /^Go on with resnext_cifar/ }).count()).toBe(0);
    } finally {
      await page.close();
      await other.close();
    }
  });

  test('marks where patience ended a run, and goes on with more', async () => {
    const settings = { epochs: 12, batchSize: 50, learningRate: 1e-12, patience: 2, seed: 1 };
    await engine.call('train', [{ data, model, name: 'patient', ...settings }]);
    const page = await open('#/train?run=patient');
    const why = page.getByRole('note', { name: 'Why patient ended' });
    await why.getByText(/got no better in 2 more, so it stopped early/).waitFor();
    expect(await page.locator('.chart text', { hasText: 'stopped early' }).count()).toBeGreaterThan(0);
    await card(page, 'patient').getByLabel('with a patience of').fill('4');
    await card(page, 'patient').getByRole('button', { name: 'Go on with patient' }).click();
    await why.getByText(/got no better in 4 more, so it stopped early/).waitFor();
  });
});

/** What the walk uses of a page's document; its types are not those of Node. */
interface PageElement {
  readonly textContent: string | null;
  readonly id: string;
  value: string;
  click(): void;
  dispatchEvent(event: object): void;
}
declare const document: {
  readonly body: PageElement;
  querySelectorAll(selector: string): Iterable<PageElement>;
};
declare const Event: new (type: string, options: { readonly bubbles: boolean }) => object;

describe.skipIf(!browsers.includes('firefox'))('a walk through the room Train in Firefox', () => {
  const textOf = (page: TestPage): Promise<string> =>
    page.evaluate(() => document.body.textContent ?? '', undefined);
  const says = async (page: TestPage, pattern: RegExp): Promise<void> => {
    expect(
      await readUntil(
        () => textOf(page),
        (text) => pattern.test(text),
      ),
    ).toMatch(pattern);
  };
  const click = (page: TestPage, selector: string, text: string): Promise<void> =>
    page.evaluate(
      ([among, wanted]) => {
        const found = [...document.querySelectorAll(among)].find(
          (each) => each.textContent?.trim() === wanted,
        );
        if (found === undefined) throw new Error(`no ${among} says ${wanted}`);
        found.click();
      },
      [selector, text] as const,
    );

  test('begins a run, draws it beside another, and takes it to the next room', async () => {
    const browser = await openBrowser('firefox');
    const studio = await serveMachine(opened);
    try {
      const page = await browser.newPage();
      await page.goto(`${studio.url}#/train?run=first`);
      await says(page, /Finished: 1 of 1 epochs/);
      await says(page, /Epochs/);
      await page.evaluate(() => {
        for (const input of document.querySelectorAll('.recipe > .field input[type=number]')) {
          input.value = '2';
          input.dispatchEvent(new Event('input', { bubbles: true }));
        }
      }, undefined);
      await click(page, 'button', 'Start training');
      await says(page, /right after epoch 1/);
      await says(page, /right after epoch 2/);
      await says(page, /Finished: 2 of 2 epochs/);
      const lines = await readUntil(
        () => page.evaluate(() => [...document.querySelectorAll('.chart .run-mark path')].length, undefined),
        (count) => count > 0,
      );
      expect(lines).toBeGreaterThanOrEqual(8);
      expect(await page.evaluate(() => [...document.querySelectorAll('.legend li')].length, undefined)).toBe(
        2,
      );
      await click(page, 'nav a', 'Use');
      await says(page, /Try it/);
      expect(await page.evaluate(() => location.hash, undefined)).toBe('#/use?run=resnext_cifar&with=first');
      expect(page.console.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
    } finally {
      await studio.close();
      await browser.close();
    }
  });
});
declare const location: { readonly hash: string };
