/** A terminal sends Ctrl-C to every process in front of it, and a parent may forward it again: that is one wish, not two. */
const oneWish = 500;

/** Said when the first Ctrl-C came. Short enough for a terminal of 80 columns. */
const notice = 'stopping after this step, with a checkpoint (again to stop at once)';

/**
 * Turns Ctrl-C into an abort: the first asks the work to end in good order, which `say` tells, a second one, half a second
 * or more later, ends the process at once. `release` gives the signal back.
 */
export function onInterrupt(say: (text: string) => void): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let first = 0;
  const handler = (): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      say(notice);
      controller.abort(new Error('interrupted'));
    } else if (performance.now() - first > oneWish) {
      // The notice stands in a line of its own, and so does the shell's next prompt.
      if (process.stderr.isTTY) process.stderr.write('\n');
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
