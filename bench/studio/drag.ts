/**
 * What a dragged control of the studio's Network room costs its page: `node bench/studio/drag.ts [folder]`. Opens dist/studio, or another build of it, in Chromium, opens a
 * network to its blocks or layers, drags a slider with the mouse from end to end and back, and prints the main thread's CPU time for a frame, so
 * that numbers hold on a busy machine. 60 frames a second leave 16.7 ms for each.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { CDPSession, Page } from 'playwright-core';
import { openBrowser } from '../../test/browser/support/browsers.ts';
import { servePages } from '../../test/browser/support/pages.ts';
import { page as built } from '../../test/studio/support/studio.ts';

const networks = [
  ['101 blocks', 'layers=3,4,23,3', 'blocks'],
  ['152 blocks', 'layers=3,8,36,3', 'blocks'],
  ['152 layers', 'layers=3,8,36,3', 'layers'],
] as const;
const sliders = ['Cardinality C', 'Width d'] as const;
const passes = 4;
const steps = 32;
/** Counts in the page. */
const count = `(() => {
  const counted = globalThis.counted = { inputs: 0, shown: 0 };
  addEventListener('input', () => counted.inputs++, true);
  new MutationObserver(() => counted.shown++).observe(document.querySelector('.figures'), { subtree: true, characterData: true });
})()`;

const browser = await openBrowser('chromium');
const server = await servePages({ folders: { '/studio': process.argv[2] ?? built } });
try {
  const opened = await browser.newPage();
  const page = opened.driver.playwright;
  if (page === undefined) throw new Error('Chromium is driven by playwright');
  await page.setViewportSize({ width: 1280, height: 800 });
  const session = await page.context().newCDPSession(page);
  // CPU time of the thread, not what passes meanwhile.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  for (const [title, layers, depth] of networks) {
    await page.goto('about:blank');
    await page.goto(`${server.origin}/studio/index.html#/network/resnext/${layers}`);
    await page.getByRole('slider', { name: 'Width d' }).waitFor();
    await page.locator('.part').first().waitFor();
    await openTo(page, depth);
    const parts = await page.locator('.part').count();
    for (const slider of sliders) {
      console.log(`${title} (${parts} parts), ${slider}: ${await measured(page, session, slider)}`);
    }
  }
} finally {
  await server.close();
  await browser.close();
}
process.exit();

/** Opens stages and their runs of equal blocks, or everything. */
async function openTo(page: Page, depth: 'blocks' | 'layers'): Promise<void> {
  for (;;) {
    const closed = page.locator('.part[aria-expanded=false]');
    const wanted = depth === 'layers' ? closed : closed.filter({ hasText: /^layer|×\d+$|×\d+ *each/ });
    if ((await wanted.count()) === 0) return;
    await wanted.first().dispatchEvent('click');
  }
}

async function drag(page: Page, name: string): Promise<void> {
  const box = await page.getByRole('slider', { name }).boundingBox();
  if (box === null) throw new Error(`the slider ${name} is not to be seen`);
  const y = box.y + box.height / 2;
  const [left, right] = [box.x + 9, box.x + box.width - 9];
  await page.mouse.move(left, y);
  await page.mouse.down();
  for (let step = 0; step < passes * steps; step++) {
    const along = (step % (2 * steps)) / steps;
    await page.mouse.move(left + (right - left) * (along > 1 ? 2 - along : along), y);
    await wait(8);
  }
  await page.mouse.up();
}

/** CPU time of the main thread for each frame in which something happens: a control moves, or what it comes to is shown. */
async function measured(page: Page, session: CDPSession, slider: string): Promise<string> {
  await page.evaluate(count);
  const before = await timesOf(session);
  await drag(page, slider);
  await wait(1000);
  const after = await timesOf(session);
  const { inputs, shown } = await page.evaluate<{ inputs: number; shown: number }>('counted');
  const each = (name: string) =>
    `${((1000 * (after[name] - before[name])) / (inputs + shown)).toFixed(2)} ms`;
  const parts = [each('ScriptDuration'), each('RecalcStyleDuration'), each('LayoutDuration')];
  return `${each('TaskDuration')} (script, style, layout: ${parts.join(', ')}); ${inputs} inputs, ${shown} shown`;
}

async function timesOf(session: CDPSession): Promise<Readonly<Record<string, number>>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}
