import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../../src/report/report.ts';
import { hasChromium, openProber, type Prober } from '../support/chromium.ts';
import { exampleReport } from '../support/example-report.ts';

const names = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `a longish class name ${i}`);
const few = renderReport(exampleReport(names(10)));
const many = renderReport(exampleReport(names(81)));

describe.skipIf(!hasChromium)('in a browser', () => {
  let prober: Prober;
  beforeAll(async () => {
    prober = await openProber();
  });
  afterAll(() => prober.close());

  test.each([
    ['10 classes', few, 380],
    ['10 classes', few, 1100],
    ['81 classes', many, 380],
    ['81 classes', many, 1100],
    ['81 classes', many, 1600],
  ])('nothing of %s scrolls sideways', async (_, page, width) => {
    const overflowing = `[...document.querySelectorAll('*')].filter((element) => {
      const { right } = element.getBoundingClientRect();
      const scrolls = /auto|scroll/.test(window.getComputedStyle(element).overflowX);
      const wide = element.clientWidth > 0 && element.scrollWidth > element.clientWidth;
      // A bar's track and what is hidden are as wide as they are.
      return right > ${width} + 0.5 || (scrolls && wide);
    }).map((element) => element.outerHTML.slice(0, 80))`;
    expect(await prober.probe(page, width, overflowing)).toEqual([]);
  });

  test('counts of ten classes can be read on a narrow screen', async () => {
    const cells = `[...document.querySelectorAll('.matrix td.hit')].map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      const [text, box] = [range.getBoundingClientRect(), cell.getBoundingClientRect()];
      return { size: parseFloat(window.getComputedStyle(cell).fontSize), fits: text.width <= box.width };
    })`;
    const found = (await prober.probe(few, 380, cells)) as { size: number; fits: boolean }[];
    expect(found).toHaveLength(10);
    for (const { size, fits } of found) {
      expect(fits).toBe(true);
      expect(size).toBeGreaterThanOrEqual(11);
    }
  });

  test('names of 81 classes can be read beside their map at 1,100 pixels, numbers on a narrow screen', async () => {
    const shown = `['names', 'ticks'].map((kind) => {
      const label = document.querySelector('.rows-of.' + kind + ' span');
      return label.getBoundingClientRect().height === 0 ? 0 : parseFloat(window.getComputedStyle(label).fontSize);
    })`;
    const [namesWide, ticksWide] = (await prober.probe(many, 1100, shown)) as number[];
    const [namesNarrow, ticksNarrow] = (await prober.probe(many, 380, shown)) as number[];
    expect(namesWide).toBeGreaterThan(8);
    expect(ticksWide).toBe(0);
    expect(namesNarrow).toBe(0);
    expect(ticksNarrow).toBeGreaterThan(9);
  });

  test.each([380, 1100])(
    'a picture that is chosen fills a window of %d pixels, and the map with it',
    async (width) => {
      const sizes = `(document.querySelector('.enlarging:has(img + img) input').click(),
      [...document.querySelectorAll('.enlarging:has(:checked) img')].map((image) => {
        const { left, right, width, height } = image.getBoundingClientRect();
        return { left, right, size: Math.min(width, height) };
      }))`;
      const found = (await prober.probe(few, width, sizes)) as {
        left: number;
        right: number;
        size: number;
      }[];
      expect(found).toHaveLength(2);
      for (const { left, right, size } of found) {
        expect(left).toBeGreaterThanOrEqual(0);
        expect(right).toBeLessThanOrEqual(width);
        expect(size).toBeGreaterThan(200);
      }
    },
  );

  test.each([
    ['by-recall-up', (a: number[], b: number[]) => a[1] - b[1] || a[0] - b[0]],
    ['by-f1-down', (a: number[], b: number[]) => b[2] - a[2] || b[0] - a[0]],
    ['by-name-down', (a: number[], b: number[]) => b[0] - a[0]],
  ])('rows of classes are put into the order of %s', async (order, compare) => {
    const { perClass } = exampleReport(names(81)).evaluated?.evaluation ?? { perClass: [] };
    const expected = perClass.map(({ recall, f1 }, index) => [index, recall, f1]).sort(compare);
    const sorted = `(document.querySelector('.${order}').click(), [...document.querySelectorAll('.sortable tbody tr')]
      .map((row, index) => [index, row.getBoundingClientRect().top])
      .sort((a, b) => a[1] - b[1])
      .map(([index]) => index))`;
    expect(await prober.probe(many, 1100, sorted)).toEqual(expected.map(([index]) => index));
  });
});
