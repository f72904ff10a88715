/** What is watched: something that changes, and what is to be done about it. */
export interface Watched {
  /** Its state, if it is another than the one that was last read, or tried to be. */
  change(): Promise<string | undefined>;
  /** Reads it. May fail: it is tried again when it has changed again. */
  reload(): Promise<unknown>;
}

/** Waits so many ms; returns early, by a rejection, when the signal is aborted. */
export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

/**
 * Looks every `interval` ms whether one of `all` has changed, and has it reloaded once it is the same at two looks in a row: what is still
 * being written waits until it is whole. A file that is replaced by a rename, or at the end of a link, is another one; one that is gone for a
 * moment is waited for. Looks cost a `stat` each; notices of the file system are lost on network disks and in containers. Ends when
 * `signal` is aborted.
 */
export async function watch(
  all: readonly Watched[],
  {
    interval,
    sleep,
    signal,
  }: { readonly interval: number; readonly sleep: Sleep; readonly signal: AbortSignal },
): Promise<void> {
  const last = new Map<Watched, string | undefined>();
  for (;;) {
    try {
      await sleep(interval, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    for (const one of all) {
      if (signal.aborted) return;
      const change = await one.change();
      const isWhole = change !== undefined && change === last.get(one);
      last.set(one, isWhole ? undefined : change);
      // Who listens to the models is told.
      if (isWhole) await one.reload().catch(() => undefined);
    }
  }
}
