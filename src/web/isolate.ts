/**
 * Threads on hosts whose headers cannot be set: a service worker makes the page cross-origin isolated, after one reload. It has to be
 * served from the page's own origin, so copy `node_modules/cardinal-nn/dist/web/isolate-worker.js` to where the page is.
 */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

import { messageOf, UsageError } from '../base/errors.ts';
import { checkOptions, type Kinds } from '../base/options.ts';
import { url } from './page/url.ts';

/** Where the service worker is. */
export interface IsolateOptions {
  /**
   * URL of the copy of `isolate-worker.js`, relative to the page; default `isolate-worker.js`. Its folder is the scope: page and
   * workers in or below it become isolated.
   */
  readonly script?: string | URL | undefined;
}

/** Whether the page is cross-origin isolated, or why not. */
export type Isolation =
  | { readonly isolated: true; readonly reason?: undefined }
  | { readonly isolated: false; readonly reason: string };

/** Policies to try, in this order: the first leaves pictures and scripts of other origins working, not every browser knows it. */
const policies = ['credentialless', 'require-corp'] as const;

const kinds: Kinds<IsolateOptions> = { script: url };

/** How many policies were tried in this tab: what keeps the page from reloading for ever. */
const triedKey = 'cardinal-nn: policies tried for isolation';

/**
 * Makes the page cross-origin isolated, so that computing has threads: registers the service worker and reloads the page, once (where
 * a browser knows only the stricter policy, twice). Then it resolves, and at once where the page is isolated already or cannot be. Call it
 * before all else: while the page is about to be reloaded it does not resolve.
 *
 *     import { isolate } from 'cardinal-nn/isolate';
 *     const { isolated, reason } = await isolate();
 *
 * @throws {UsageError} if `script` is no URL of the page's own origin.
 */
export async function isolate(options: IsolateOptions = {}): Promise<Isolation> {
  checkOptions('isolate', options, kinds);
  const page = globalThis as unknown as Page;
  if (page.crossOriginIsolated) {
    forgetTried(page);
    return { isolated: true };
  }
  try {
    const reason = await arrange(page, options.script ?? 'isolate-worker.js');
    if (reason !== undefined) return { isolated: false, reason };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return { isolated: false, reason: `the service worker was not registered: ${messageOf(error)}` };
  }
  page.location.reload();
  return new Promise(() => undefined);
}

/** What is asked of a window. */
interface Page {
  readonly crossOriginIsolated: boolean;
  readonly isSecureContext: boolean;
  readonly document?: { readonly baseURI: string };
  readonly location: { readonly href: string; readonly origin: string; reload(): void };
  readonly navigator: { readonly serviceWorker?: ServiceWorkerContainer };
  readonly sessionStorage: {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
  };
  readonly parent?: unknown;
}

/** Has the next load of the page answered by the service worker. Gives the reason why that cannot be, or would not help. */
async function arrange(page: Page, given: string | URL): Promise<string | undefined> {
  const { document, location, navigator, sessionStorage } = page;
  if (document === undefined) return 'this is no page: only a page can register a service worker';
  if (!page.isSecureContext) return 'the page came by plain http: serve it by https';
  if (page.parent !== page) return 'the page is in a frame: the page around it has to be isolated first';
  const { serviceWorker } = navigator;
  if (serviceWorker === undefined) return 'there are no service workers here, as in private windows';
  const script = scriptUrl(given, document.baseURI, location.origin);
  const tried = Number(sessionStorage.getItem(triedKey));
  if (tried >= policies.length) {
    return 'the page was reloaded and is not isolated still: it may have been loaded past its service worker (Shift and reload), or the browser ignores the headers';
  }
  script.searchParams.set('embedder', policies[tried]);
  const scope = new URL('.', script).href;
  if (!location.href.startsWith(scope)) {
    return `the page is not in the scope of the service worker, ${scope}: put isolate-worker.js beside the page or above it`;
  }
  const other = await serviceWorker.getRegistration(scope);
  const active = other?.active ?? other?.waiting ?? other?.installing;
  if (other?.scope === scope && active && new URL(active.scriptURL).pathname !== script.pathname) {
    return `${scope} has a service worker already, ${active.scriptURL}: have it import isolate-worker.js, by importScripts`;
  }
  const registration = await serviceWorker.register(script.href, { scope });
  await activation(registration);
  sessionStorage.setItem(triedKey, String(tried + 1));
  return undefined;
}

function scriptUrl(given: string | URL, base: string, origin: string): URL {
  if (!URL.canParse(given, base))
    throw new UsageError(`isolate: expected script to be a URL, got '${String(given)}'`);
  const script = new URL(given, base);
  if (script.origin === origin) return script;
  throw new UsageError(
    `isolate: the script must be of the page's own origin, ${origin}, got ${script.href}: copy isolate-worker.js to where the page is`,
  );
}

/** Resolves when the newest worker of a registration answers for its scope. */
function activation({ installing, waiting, active }: ServiceWorkerRegistration): Promise<void> {
  const worker = installing ?? waiting ?? active;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (worker === null || worker.state === 'activated') resolve();
      else if (worker.state === 'redundant') reject(new Error('it was replaced while it was installed'));
    };
    worker?.addEventListener('statechange', look);
    look();
  });
}

/** A page without storage has none of it to forget. */
function forgetTried(page: Page): void {
  try {
    page.sessionStorage.removeItem(triedKey);
  } catch {
    return;
  }
}
