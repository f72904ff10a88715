import { messageOf } from '../base/errors.ts';
import { allowBy, sourceOf, type PolicyWatch } from './policy.ts';

const javaScript = /^(text|application)\/(x-)?(java|ecma)script\b/i;

/** What to do about a file that is not where it is looked for. */
export const whereToPut =
  "give base, the URL of a copy of the folders web and kernels of cardinal-nn's dist, if your bundler does not take these files along";

/**
 * Why a worker's script did not load. The browser says next to nothing, so the script is asked for once more. `url` is what the worker
 * was started with, `said` what came with the failure.
 */
export async function whyNotLoaded(
  script: string,
  url: string,
  policy: PolicyWatch,
  said: string,
): Promise<string> {
  if ((await policy.refused('worker-src')) !== undefined) {
    return `${script}: ${allowBy('worker-src', sourceOf(url))}`;
  }
  // An error of its own code: it was loaded.
  if (said !== '' && /error/i.test(said)) return `${script}: ${said}`;
  let response: Response;
  try {
    response = await fetch(script);
  } catch (error) {
    return `${script} cannot be fetched (${unreachable(error)})`;
  }
  void response.body?.cancel();
  return (
    faultOf(script, response, javaScript, 'JavaScript') ??
    `${script} was not run: ${said || 'see the console of the browser'}`
  );
}

/** What is wrong with an answer, if it can be told. */
export function faultOf(url: string, response: Response, type: RegExp, wanted: string): string | undefined {
  if (!response.ok) return `${url} was answered with ${response.status}: ${whereToPut}`;
  const came = response.headers.get('content-type') ?? '';
  if (!type.test(came)) {
    return `${url} came as ${came === '' ? 'no type' : came}, expected ${wanted}: ${whereToPut}`;
  }
  const isOwn = new URL(url).origin === globalThis.origin;
  if (globalThis.crossOriginIsolated && isOwn && !response.headers.has('cross-origin-embedder-policy')) {
    return `${url} came without the header Cross-Origin-Embedder-Policy, which the page has: send it with scripts, too`;
  }
  return undefined;
}

/** Why nothing was answered. */
export function unreachable(error: unknown): string {
  return navigator.onLine ? messageOf(error) : 'the browser is offline';
}
