/**
 * What the room Train costs the page's main thread while it shows 12 runs of 50,000 steps each, one of which goes on: the longest gap
 * between two turns of its event loop, and its share of a core. `npm run build` first; prints one line of JSON.
 */
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { metricsLine } from '../../src/run/folder/metrics-line.ts';
import { openBrowser } from '../../test/browser/support/browsers.ts';
import { asking } from '../../test/studio/support/line.ts';
import { epochRecord, stepRecord, writeRun } from '../../test/studio/support/runs.ts';
import { openPlatform, serveMachine } from '../../test/studio/support/studio.ts';

const runs = 12;
const steps = 50_000;
const watchedSeconds = 20;

interface Gaps {
  readonly longest: number;
  readonly over50: number;
}
declare const document: { querySelectorAll(selector: string): { readonly length: number } };
declare const window: { gaps: { take(): Gaps } };

/** In the page: posts itself messages and keeps the longest time between two. */
function keepGaps(): void {
  const { port1, port2 } = new MessageChannel();
  let last = performance.now();
  let longest = 0;
  let over50 = 0;
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    if (now - last > 50) over50++;
    last = now;
    setTimeout(() => {
      port2.postMessage(undefined);
    });
  };
  port2.postMessage(undefined);
  window.gaps = {
    take: () => {
      const taken = { longest: Math.round(longest * 10) / 10, over50 };
      longest = 0;
      over50 = 0;
      return taken;
    },
  };
}

const opened = await openPlatform();
const folder = await mkdtemp(join(tmpdir(), 'cardinal-bench-train-'));
const browser = await openBrowser('chromium');
try {
  const engine = asking(opened.platform);
  const [{ id: data }] = await engine.call('items', []);
  const options = { layers: [1, 1, 1], planes: 8, cardinality: 2, baseWidth: 8 };
  await engine.call('train', [{ data, model: { name: 'resnext_cifar', options }, name: 'first', epochs: 1 }]);
  while ((await engine.call('runs', [])).some(({ training }) => training !== 'no')) await pause(200);
  const names = Array.from({ length: runs }, (_, at) => `run ${at + 1}`);
  for (const [at, name] of names.entries()) {
    const records = Array.from({ length: steps }, (_, step) =>
      stepRecord(step + 1, (2 + at / 10) / Math.sqrt(step + 1)),
    );
    const epochs = Array.from({ length: steps / 10 }, (_, epoch) => epochRecord(epoch, epoch / steps, true));
    await writeRun(join(opened.runsFolder, 'first'), join(opened.runsFolder, name), [...records, ...epochs]);
  }
  const studio = await serveMachine(opened);
  const page = await browser.newPage();
  const { playwright } = page.driver;
  if (playwright === undefined) throw new Error('Chromium is driven by playwright');
  await playwright.addInitScript(keepGaps);
  const session = await playwright.context().newCDPSession(playwright);
  await session.send('Performance.enable');
  const busy = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  };
  const take = (): Promise<Gaps> => page.evaluate(() => window.gaps.take(), undefined);
  const [run, ...others] = names;
  const query = new URLSearchParams([
    ['run', run],
    ...others.map((name): [string, string] => ['with', name]),
  ]);
  const begun = performance.now();
  await page.goto(`${studio.url}#/train?${query.toString()}`);
  await playwright.waitForFunction(
    (count) => document.querySelectorAll('.chart .run-mark path').length >= count,
    2 * runs,
    { timeout: 300_000 },
  );
  const opening = { seconds: (performance.now() - begun) / 1000, busy: await busy(), ...(await take()) };
  const before = await busy();
  const metrics = join(opened.runsFolder, run, 'metrics.jsonl');
  const until = performance.now() + 1000 * watchedSeconds;
  for (let step = steps + 1; performance.now() < until; step++) {
    await appendFile(metrics, metricsLine(stepRecord(step, 0.01)));
    await pause(50);
  }
  const watching = { share: ((await busy()) - before) / watchedSeconds, ...(await take()) };
  console.log(JSON.stringify({ runs, steps, opening, watching }));
  await studio.close();
} finally {
  await browser.close();
  await opened.close();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
