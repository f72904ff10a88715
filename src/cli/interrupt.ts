import { tell } from './print.ts';

/** A terminal sends Ctrl-C to every process in front of it, and a parent may forward it again: that is one wish, not two. */
const oneWish = 500;

/**
 * Turns Ctrl-C into an abort: the first asks the work to end in good order, a second one, half a second or more later,
 * ends the process at once. `release` gives the signal back.
 */
export function onInterrupt(message: string): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let first = 0;
  const handler = (): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      tell('', message);
      controller.abort(new Error('interrupted'));
    } else if (performance.now() - first > oneWish) {
      process.exit(130);
    }
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
