import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { faultsOfRoom } from './support/axe.ts';
import { asking } from './support/line.ts';
import { openRoom } from './support/page.ts';
import { serveMachine, type TestStudio } from './support/studio.ts';
import { fruits, openTrained, type TrainedStudio } from './support/trained.ts';

let opened: TrainedStudio;
let studio: TestStudio;
let browser: TestBrowser;
let page: Page;
let shown: TestPage;
let lines: readonly string[];
let truth: readonly Judgement[];

/** A test picture as this test computes it of its logits, in numbers of 64 bits. */
interface Judgement {
  readonly name: string;
  readonly label: number;
  readonly logits: readonly number[];
  readonly predicted: number;
}

const softmax = (logits: readonly number[], temperature = 1): number[] => {
  const powers = logits.map((logit) => Math.exp(logit / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};
const confidence = ({ logits }: Judgement, temperature = 1): number =>
  Math.max(...softmax(logits, temperature));
const loss = ({ logits, label }: Judgement, temperature = 1): number =>
  -Math.log(softmax(logits, temperature)[label]);
const margin = ({ logits, label }: Judgement): number => {
  const shares = softmax(logits);
  return shares[label] - Math.max(...shares.filter((_, k) => k !== label));
};
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

describe.skipIf(!browsers.includes('chromium'))('in the room Judge', () => {
  beforeAll(async () => {
    opened = await openTrained();
    studio = await serveMachine(opened);
    const { logits, labels, names } = await asking(opened.platform).call('judge', [
      { weights: opened.run, data: opened.data, split: 'test' },
    ]);
    truth = names.map((name, at) => {
      const own = [...logits.subarray(3 * at, 3 * at + 3)];
      return { name, label: labels[at], logits: own, predicted: own.indexOf(Math.max(...own)) };
    });
    browser = await openBrowser('chromium');
    const room = await openRoom(browser, studio, 'judge');
    page = room.page;
    shown = room.opened;
    lines = room.opened.console;
  });

  afterAll(async () => {
    await browser.close();
    await studio.close();
    await opened.close();
  });

  const saved = async (button: string): Promise<{ readonly name: string; readonly bytes: Buffer }> => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: button, exact: true }).first().click();
    const file = await download;
    return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
  };
  const savedIn = async (heading: string): Promise<string[][]> => {
    const download = page.waitForEvent('download');
    await page
      .locator('section', { has: page.getByRole('heading', { name: heading }) })
      .getByRole('button', { name: /CSV/ })
      .click();
    const text = await readFile(await (await download).path(), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
  };
  const wrong = (): Judgement[] => truth.filter(({ label, predicted }) => label !== predicted);
  const baseName = (path: string): string => path.split(/[/\\]/).at(-1) ?? '';

  test('the pictures that it has not seen come first, and how many are right is said', async () => {
    const parts = page.getByLabel('Which of them').locator('option');
    await expect
      .poll(() => parts.allTextContents())
      .toEqual(['Test', 'Validation', 'Training (it has seen these)']);
    await page.getByRole('button', { name: 'Judge', exact: true }).click();
    const right = truth.length - wrong().length;
    // Those with a wrong label cannot all be right.
    expect(wrong().length).toBeGreaterThan(0);
    await page
      .getByText(`${right} of 26 pictures are classified right, ${((100 * right) / 26).toFixed(1)} %.`)
      .waitFor();
  });

  test('the matrix counts, and a cell opens its pictures', async () => {
    const matrix = await savedIn('What is taken for what');
    const counted = fruits.map((_, label) =>
      fruits.map((__, other) =>
        String(truth.filter((one) => one.label === label && one.predicted === other).length),
      ),
    );
    expect(matrix).toEqual([
      ['true \\ predicted', ...fruits],
      ...counted.map((row, k) => [fruits[k], ...row]),
    ]);
    const [first] = wrong();
    const cell = `${fruits[first.label]} taken for ${fruits[first.predicted]}`;
    const there = truth.filter(
      ({ label, predicted }) => label === first.label && predicted === first.predicted,
    );
    await page.getByRole('button', { name: `${cell}: ${there.length}` }).click();
    await page.getByRole('heading', { name: cell }).waitFor();
    const names = await page.locator('.judge-pictures').first().locator('bdi').allTextContents();
    expect(names.toSorted()).toEqual(there.map(({ name }) => baseName(name)).toSorted());
    // Drawn, not a placeholder of one pixel.
    await expect
      .poll(() =>
        page
          .locator('.judge-pictures')
          .first()
          .getByRole('img', { name: new RegExp(`^${fruits[first.label]}, taken for`) })
          .first()
          .getAttribute('width'),
      )
      .toBe('32');
    await page.getByRole('button', { name: 'All mistakes' }).click();
    await page.getByText(`${wrong().length} pictures.`, { exact: true }).waitFor();
  });

  test.each([
    ['most sure first', (one: Judgement) => -confidence(one)],
    ['least sure first', (one: Judgement) => confidence(one)],
    ['largest loss first', (one: Judgement) => -loss(one)],
    ['smallest margin first', margin],
  ] as const)('pictures are sorted: %s', async (title, by) => {
    // The whole diagonal cell, so that there is something to sort.
    const all = truth.filter(({ label, predicted }) => label === 0 && predicted === 0);
    await page.getByRole('button', { name: `lime taken for lime: ${all.length}` }).click();
    await page.getByLabel('Order').selectOption(title);
    const rows = (await savedIn('lime taken for lime')).slice(1);
    const expected = all.toSorted((a, b) => by(a) - by(b));
    expect(rows.map(([name]) => name)).toEqual(expected.map(({ name }) => name));
    for (const [at, [, label, predicted, ...numbers]] of rows.entries()) {
      expect([label, predicted]).toEqual(['lime', 'lime']);
      const own = [confidence(expected[at]), loss(expected[at]), margin(expected[at])];
      for (const [k, value] of numbers.entries()) expect(Number(value)).toBeCloseTo(own[k], 4);
    }
    const shown = await page.locator('.judge-pictures').first().locator('bdi').allTextContents();
    expect(shown).toEqual(expected.map(({ name }) => baseName(name)));
    await page.getByRole('button', { name: 'All mistakes' }).click();
  });

  test('labels that somebody got wrong are suspected, by name and with what they probably are', async () => {
    const rows = (await savedIn('Labels that are probably wrong')).slice(1);
    // Northcutt et al. 2021, equation 1: as sure of a class as of those labelled so, on average.
    const thresholds = fruits.map((_, k) =>
      mean(truth.filter(({ label }) => label === k).map(({ logits }) => softmax(logits)[k])),
    );
    const expected = truth.flatMap(({ name, label, logits }) => {
      const shares = softmax(logits);
      const sure = shares.map((share, k) => (share >= thresholds[k] ? share : 0));
      const most = Math.max(...sure);
      const suggested = sure.indexOf(most);
      return most === 0 || suggested === label ? [] : [[name, fruits[label], fruits[suggested]]];
    });
    expect(expected.some(([name]) => name.includes('wrong'))).toBe(true);
    expect(rows.map((row) => row.slice(0, 3)).toSorted()).toEqual(expected.toSorted());
  });

  /** Guo et al. 2017, equation 3, in 15 bins. */
  const ece = (temperature: number): number =>
    Array.from({ length: 15 }, (_, bin) => {
      const own = truth.filter((one) => Math.ceil(15 * confidence(one, temperature)) - 1 === bin);
      if (own.length === 0) return 0;
      const right = own.filter(({ label, predicted }) => label === predicted).length / own.length;
      return (
        (own.length / truth.length) * Math.abs(right - mean(own.map((one) => confidence(one, temperature))))
      );
    }).reduce((a, b) => a + b);

  test('the calibration error is the paper’s, and the drawing has a bar for each bin that is not empty', async () => {
    await page.getByText(`The gap is ${(100 * ece(1)).toFixed(1)} % on average`).waitFor();
    const { name, bytes } = await saved('Save How often it is right, by how sure it is as SVG');
    expect(name).toBe('reliability.svg');
    const svg = bytes.toString();
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    // It stands by itself: no colour is of the page's style any more.
    expect(svg).not.toContain('var(');
    const bins = new Set(truth.map((one) => Math.ceil(15 * confidence(one))));
    expect(svg.match(/<rect /g)?.length).toBe(bins.size);
    const picture = await saved('Save How often it is right, by how sure it is as PNG');
    expect(picture.name).toBe('reliability.png');
    expect(picture.bytes.subarray(1, 4).toString()).toBe('PNG');
    // Twice as fine as on the page.
    expect(picture.bytes.readUInt32BE(16)).toBe(800);
  });

  test('the curve of a class goes through the points that its pictures make', async () => {
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'By class' }) });
    await section.locator('select').selectOption('plum');
    await page.getByText('Precision by recall of plum').first().waitFor();
    const { bytes } = await saved('Save Precision by recall of plum as SVG');
    const path =
      / d="(M[^"]+)"/.exec(bytes.toString().slice(bytes.toString().indexOf('aria-label="line"')))?.[1] ?? '';
    const drawn = path
      .slice(1)
      .split('L')
      .map((point) => point.split(',').map(Number));
    const sorted = truth.toSorted((a, b) => softmax(b.logits)[1] - softmax(a.logits)[1]);
    const all = truth.filter(({ label }) => label === 1).length;
    const points = sorted.flatMap(({ label }, at) => {
      if (label !== 1) return [];
      const found = sorted.slice(0, at + 1).filter((one) => one.label === 1).length;
      // 400×320 with margins of 52, 24, 20 and 38.
      return [[52 + (found / all) * (400 - 76), 320 - 38 - (found / (at + 1)) * (320 - 58)]];
    });
    expect(drawn).toHaveLength(points.length);
    for (const [at, [x, y]] of points.entries()) {
      expect(drawn[at][0]).toBeCloseTo(x, 0);
      expect(drawn[at][1]).toBeCloseTo(y, 0);
    }
  });

  test('the best temperature has the least loss, and is saved with the network', async () => {
    await page.getByLabel('Which of them').selectOption('Test');
    await page.getByRole('button', { name: 'Find the best' }).click();
    const slider = page.getByRole('slider', { name: /^Temperature/ });
    await expect.poll(() => slider.getAttribute('aria-valuetext')).not.toBe('1.00');
    // The loss has one minimum in log T: in between thirds.
    let [from, to] = [-6, 6];
    const lossAt = (power: number): number => mean(truth.map((one) => loss(one, 2 ** power)));
    while (to - from > 1e-6) {
      const third = (to - from) / 3;
      if (lossAt(from + third) < lossAt(to - third)) to -= third;
      else from += third;
    }
    const best = 2 ** from;
    expect(await slider.getAttribute('aria-valuetext')).toBe(best.toFixed(2));
    await page.getByText(`The gap is ${(100 * ece(best)).toFixed(1)} % on average`).waitFor();
    await page.getByRole('button', { name: 'Save with the network' }).click();
    await page.getByText(/^Saved in .*best\.safetensors/).waitFor();
    const { temperature } = await opened.platform.trained(opened.run);
    expect(temperature).toBeCloseTo(best, 2);
    // Whoever judges it from now on begins with it.
    await page.getByRole('button', { name: 'Judge', exact: true }).click();
    await expect
      .poll(() => page.getByRole('button', { name: 'Save with the network' }).isDisabled())
      .toBe(true);
  });

  test('axe finds nothing in it as it stands, light or dark, wide or narrow', async () => {
    expect(await faultsOfRoom(shown)).toEqual([]);
  });

  test('and nothing went wrong meanwhile', () => {
    expect(lines.filter((line) => /^(error|uncaught)/.test(line))).toEqual([]);
  });
});
