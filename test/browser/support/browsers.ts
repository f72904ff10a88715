import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Page as PlaywrightPage } from 'playwright-core';
import type { Page as PuppeteerPage } from 'puppeteer-core';

export type BrowserKind = 'chromium' | 'firefox';

/** A page as tests use it, the same of both browsers. */
export interface TestPage {
  goto(url: string): Promise<void>;
  /** Calls a function in the page, with an argument that is JSON; it sees nothing else of the test. Promises are awaited. */
  evaluate<A, R>(work: (given: A) => R | Promise<R>, given: A): Promise<R>;
  /** Gives files of the disk to an `<input type="file">`. */
  setFiles(selector: string, paths: readonly string[]): Promise<void>;
  setViewport(size: { readonly width: number; readonly height: number }): Promise<void>;
  setColorScheme(scheme: 'light' | 'dark'): Promise<void>;
  screenshot(path: string): Promise<void>;
  close(): Promise<void>;
  /** What the page and its workers wrote to the console, and errors that nobody caught, as lines. */
  readonly console: readonly string[];
  /** What only one of the drivers can do. */
  readonly driver: { readonly playwright?: PlaywrightPage; readonly puppeteer?: PuppeteerPage };
}

export interface TestBrowser {
  readonly kind: BrowserKind;
  newPage(): Promise<TestPage>;
  close(): Promise<void>;
}

type Preferences = Readonly<Record<string, boolean | number | string>>;

const names = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  firefox: ['firefox-esr'],
} as const;

/** The browsers of this machine. One that is missing is said aloud: its tests are skipped. */
export const browsers: readonly BrowserKind[] = (['chromium', 'firefox'] as const).filter((kind) => {
  const isThere = programOf(kind) !== undefined;
  if (!isThere) console.warn(`SKIPPED: no ${kind} on this machine: nothing is tested in it`);
  return isThere;
});

function programOf(kind: BrowserKind): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names[kind].flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

/**
 * Browsers of this process that no test has at the moment: to start one takes seconds, so they are ended with the process. What pages
 * of an earlier test stored is of another origin (`servePages`).
 */
const idle = new Map<BrowserKind, TestBrowser>();

/** A browser without a window. To close it closes its pages; it is there for the next test that opens one. */
export async function openBrowser(kind: BrowserKind): Promise<TestBrowser> {
  const found = idle.get(kind);
  idle.delete(kind);
  const browser = found ?? (await startBrowser(kind));
  const pages: TestPage[] = [];
  return {
    kind,
    newPage: async () => {
      const page = await browser.newPage();
      pages.push(page);
      return page;
    },
    close: async () => {
      await Promise.all(pages.map((page) => page.close()));
      if (idle.has(kind)) await browser.close();
      else idle.set(kind, browser);
    },
  };
}

/** Folders of profiles of browsers that run. */
const profiles = new Set<string>();

/** Starts a browser without a window, with preferences that Firefox alone has, or further flags of Chromium's. To close it ends it. */
export async function startBrowser(
  kind: BrowserKind,
  preferences: Preferences = {},
  flags: readonly string[] = [],
): Promise<TestBrowser> {
  const program = programOf(kind);
  if (program === undefined) throw new Error(`no ${kind} on this machine`);
  endsWithProcess();
  const profile = await mkdtemp(join(tmpdir(), `cardinal-${kind}-`));
  profiles.add(profile);
  const browser =
    kind === 'chromium'
      ? await startChromium(program, profile, flags)
      : await startFirefox(program, profile, preferences);
  return {
    ...browser,
    close: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
      profiles.delete(profile);
    },
  };
}

let isEnding = false;

/** The test runner ends its processes by this signal; drivers kill their browsers when a process exits. */
function endsWithProcess(): void {
  if (isEnding) return;
  isEnding = true;
  process.once('SIGTERM', () => process.exit());
  process.on('exit', () => {
    for (const profile of profiles) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
}

async function startChromium(
  executablePath: string,
  profile: string,
  flags: readonly string[],
): Promise<TestBrowser> {
  const { chromium } = await import('playwright-core');
  const context = await chromium.launchPersistentContext(profile, {
    ...{ executablePath, headless: true, handleSIGTERM: false },
    // A camera that needs no asking.
    args: [
      ...['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      ...flags,
    ],
    permissions: ['camera'],
  });
  return {
    kind: 'chromium',
    newPage: async () => {
      const page = await context.newPage();
      const lines: string[] = [];
      page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => lines.push(`uncaught: ${error.message}`));
      return {
        goto: async (url) => {
          await page.goto(url);
        },
        evaluate: (work, given) => page.evaluate(call(work, given)) as never,
        setFiles: (selector, paths) => page.setInputFiles(selector, [...paths]),
        setViewport: (size) => page.setViewportSize(size),
        setColorScheme: (colorScheme) => page.emulateMedia({ colorScheme }),
        screenshot: async (path) => {
          await page.screenshot({ path, fullPage: true });
        },
        close: async () => {
          if (!page.isClosed()) await page.close();
        },
        console: lines,
        driver: { playwright: page },
      };
    },
    close: () => context.close(),
  };
}

async function startFirefox(
  executablePath: string,
  profile: string,
  preferences: Preferences,
): Promise<TestBrowser> {
  const { launch } = await import('puppeteer-core');
  const browser = await launch({
    ...{ browser: 'firefox', executablePath, headless: true, protocolTimeout: 300_000, handleSIGTERM: false },
    ...{ args: ['--remote-allow-system-access'], userDataDir: profile },
    extraPrefsFirefox: {
      // Files of the OPFS and of the cache need no asking; pages are not slowed down because nobody looks at them.
      'dom.min_background_timeout_value': 4,
      // So long it waits for the worker that started one that closes itself, and that may sleep.
      'dom.worker.canceling.timeoutMilliseconds': 500,
      ...preferences,
    },
  });
  const inFirefox = await firefoxItself(browser as unknown as BidiBrowser);
  await inFirefox(letWorkersStart);
  return {
    kind: 'firefox',
    newPage: async () => {
      const page = await browser.newPage();
      const lines: string[] = [];
      page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => lines.push(`uncaught: ${messageOf(error)}`));
      return {
        goto: async (url) => {
          await page.goto(url);
        },
        evaluate: (work, given) => page.evaluate(call(work, given)) as never,
        setFiles: async (selector, paths) => {
          const input = (await page.$(selector)) ?? missing(selector);
          await input.uploadFile(...paths);
        },
        setViewport: (size) => page.setViewport(size),
        // Of all pages: BiDi has no emulation of it.
        setColorScheme: (scheme) =>
          inFirefox(
            `Services.prefs.setIntPref('layout.css.prefers-color-scheme.content-override', ${scheme === 'dark' ? 0 : 1})`,
          ),
        screenshot: async (path) => {
          await page.screenshot({ path: path, fullPage: true });
        },
        close: async () => {
          if (!page.isClosed()) await page.close();
        },
        console: lines,
        driver: { puppeteer: page },
      };
    },
    close: () => browser.close(),
  };
}

/** What puppeteer does not tell of its browser in types. */
interface BidiBrowser {
  readonly connection: {
    send(method: string, given: object): Promise<{ readonly result: unknown }>;
  };
}

/**
 * Firefox's agent for drivers listens for the debuggers of all workers. While anybody does, `new Worker` in a worker waits for the main
 * thread and sometimes never returns: 40 rounds of new workers came to no end in any of 3 tries; without a driver, or without this
 * listener of its agent, in every one of 4.
 */
const letWorkersStart = "ChromeUtils.unregisterProcessActor('WebDriverWorkerListener')";

/** Evaluates in the browser's own window, which is allowed everything. */
async function firefoxItself({ connection }: BidiBrowser): Promise<(expression: string) => Promise<void>> {
  const tree = await connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' });
  const [{ context }] = (tree.result as { contexts: readonly [{ context: string }] }).contexts;
  return async (expression) => {
    const given = { expression, target: { context }, awaitPromise: true };
    const { result } = await connection.send('script.evaluate', given);
    const { type, exceptionDetails } = result as { type: string; exceptionDetails?: { text: string } };
    if (type !== 'success')
      throw new Error(`${expression} failed in Firefox: ${exceptionDetails?.text ?? type}`);
  };
}

/** A call as text, the same for both drivers: whatever wraps functions of tests must not reach the page. */
function call(work: unknown, given: unknown): string {
  return `(${String(work)})(${given === undefined ? 'undefined' : JSON.stringify(given)})`;
}

function missing(selector: string): never {
  throw new Error(`no ${selector} on the page`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
