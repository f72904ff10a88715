import axe from 'axe-core';
import type { TestPage } from '../../browser/support/browsers.ts';
import { readUntil } from '../../support/eventually.ts';

/** What is used of a page's document; its types are not those of Node. */
declare const document: {
  readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
  getAnimations(): readonly { readonly finished: Promise<unknown>; effect: Timed | null }[];
};
interface Timed {
  getComputedTiming(): { readonly endTime: number };
}

/** What axe finds wrong, as lines. Of a page of Chromium's. */
export async function faults({ evaluate, driver }: Pick<TestPage, 'evaluate' | 'driver'>): Promise<string[]> {
  if (driver.playwright === undefined) throw new Error('expected Chromium to be driven by Playwright');
  // Not as a script of the page, which its policy forbids.
  await driver.playwright.evaluate(`${axe.source}; undefined`);
  return evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
      rules: { 'label-content-name-mismatch': { enabled: true } },
    });
    // A part of the network's drawing is named by all that its texts say; where it is small, the drawing has the beginnings of them.
    const isShortened = (id: string, html: string): boolean =>
      id === 'label-content-name-mismatch' && html.includes('role="treeitem"');
    return violations.flatMap(({ id, nodes }) =>
      nodes.flatMap(({ html }) => (isShortened(id, html) ? [] : [`${id}: ${html}`])),
    );
  }, undefined);
}

/**
 * What is wrong with a room as it stands, as lines: by axe in both schemes, and what sticks out of a phone's screen. Leaves the page light
 * and wide. Of Chromium, whose pages have a scheme each.
 */
export async function faultsOfRoom(
  page: Pick<TestPage, 'evaluate' | 'setColorScheme' | 'setViewport' | 'driver'>,
): Promise<string[]> {
  const found: string[] = [];
  for (const [scheme, width] of [
    ['dark', 360],
    ['light', 1280],
  ] as const) {
    await page.setColorScheme(scheme);
    await page.setViewport({ width, height: 800 });
    // Drawings follow the width by themselves.
    const out = await readUntil(
      () =>
        page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return scrollWidth - clientWidth;
        }, undefined),
      (pixels) => pixels <= 0,
    );
    if (out > 0) found.push(`${width} pixels wide: ${out} more stick out`);
    // Colours on their way to others are nobody's.
    await page.evaluate(async () => {
      const ending = document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
      await Promise.allSettled(ending.map(({ finished }) => finished));
    }, undefined);
    for (const fault of await faults(page)) found.push(`${scheme}, ${width} pixels wide: ${fault}`);
  }
  return found;
}
