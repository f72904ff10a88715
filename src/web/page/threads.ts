import { CardinalError } from '../../base/errors.ts';
import { checkThreads, usefulThreads } from '../../backends/threads.ts';

/** What a page does to have threads, as the end of a sentence. */
const howToIsolate =
  'this page is not cross-origin isolated: send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp (or credentialless), or register cardinal-nn/isolate';

/** Why there is one thread, if there is no more. */
export function whyOneThread(): string | undefined {
  return globalThis.crossOriginIsolated ? undefined : howToIsolate;
}

/**
 * How many threads to start, of those that are asked for.
 * @throws {UsageError} if that is no number of threads.
 * @throws {CardinalError} if the page can have one alone.
 */
export function threadsFor(asked: number | undefined): number {
  const { hardwareConcurrency } = navigator;
  if (asked !== undefined) checkThreads(asked, hardwareConcurrency);
  const reason = whyOneThread();
  if (reason === undefined) return asked ?? usefulThreads(hardwareConcurrency);
  if (asked !== undefined && asked > 1)
    throw new CardinalError(`${asked} threads cannot share memory, because ${reason}`);
  return 1;
}
