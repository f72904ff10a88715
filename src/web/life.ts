/**
 * A worker that is ended from outside says nothing any more, and no event tells of it. But while it lives it holds a lock, and whoever
 * waits for that lock has it once the worker is gone. Locks are to be had in secure contexts alone.
 */

/** A name for a worker's lock. Undefined where there are no locks. */
export function lifeName(): string | undefined {
  return hasLocks() ? `cardinal-nn: ${crypto.randomUUID()}` : undefined;
}

/** In the worker: resolves when it holds the lock, for as long as it lives. */
export function live(name: string | undefined): Promise<void> {
  if (name === undefined || !hasLocks()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const forEver = (): Promise<never> => {
      resolve();
      return new Promise(() => undefined);
    };
    navigator.locks.request(name, forEver).catch(reject);
  });
}

/** Calls `onEnd` when the worker, which holds its lock already, is gone, unless `signal` is aborted before. Several may wait for one. */
export function whenGone(name: string | undefined, signal: AbortSignal, onEnd: () => void): void {
  if (name === undefined || !hasLocks()) return;
  navigator.locks.request(name, { signal, mode: 'shared' }, onEnd).catch(() => undefined);
}

function hasLocks(): boolean {
  return 'locks' in navigator && 'randomUUID' in crypto;
}
