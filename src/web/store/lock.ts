import { CardinalError, InUseError, LockLostError, messageOf } from '../../base/errors.ts';
import { visible } from '../../base/quoted.ts';
import type { FolderLockOptions, Lock } from '../../run/folder/lock.ts';
import { nameOf } from './errors.ts';
import { opfsPaths } from './paths.ts';

export interface StoreLockOptions extends FolderLockOptions {
  /** Calls the waiting off. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds for which another's lock is waited for: of a page that was closed or loaded anew it is let go a moment later. */
const patience = 1500;

/**
 * Takes a folder of the private file system for this worker, by a Web Lock: in all tabs of this site one has it, and it is let go
 * when its worker ends, however it ends. Throws an `InUseError` if another has it. With `takeOver` it is taken from whoever has it,
 * who gets a `LockLostError` from the next `check`.
 */
export async function lockFolder(path: string, options: StoreLockOptions = {}): Promise<Lock> {
  const { what = 'folder', takeOver = false, onNotice, signal } = options;
  const shown = visible(`${what} ${opfsPaths.resolve(path)}`);
  const locks = lockManager();
  const name = lockName(path);
  const before = takeOver ? await holderOf(name, locks) : undefined;
  const held = new HeldLock(shown, name, locks);
  try {
    await held.take(takeOver && before !== undefined, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (nameOf(error) === 'TimeoutError') {
      throw new InUseError(
        `${shown} is already in use by another tab or worker of this site; wait for it, close it or choose another folder (or take it over with takeOver: true)`,
      );
    }
    throw new CardinalError(`cannot lock ${shown}: ${messageOf(error)}`, { cause: error });
  }
  if (before !== undefined)
    await onNotice?.(`${shown} is taken over from another tab or worker of this site`);
  return held;
}

/** Whether somebody has a folder, in any tab. */
export async function isLockedFolder(path: string): Promise<boolean> {
  return (await holderOf(lockName(path), lockManager())) !== undefined;
}

/** Locks of a site have one list of names for all its pages. */
function lockName(path: string): string {
  return `cardinal ${opfsPaths.resolve(path)}`;
}

function lockManager(): LockManager {
  const locks = navigator.locks as LockManager | undefined;
  if (locks !== undefined) return locks;
  throw new CardinalError(
    'runs cannot be kept here: the browser has no locks (navigator.locks), which only secure pages have; serve the page by https, or from localhost',
  );
}

/** The client that has a lock: a worker or a page. */
async function holderOf(name: string, locks: LockManager): Promise<string | undefined> {
  const { held = [] } = await locks.query();
  return held.find((lock) => lock.name === name)?.clientId;
}

class HeldLock implements Lock {
  readonly #shown: string;
  readonly #name: string;
  readonly #locks: LockManager;
  readonly #letGo = Promise.withResolvers<undefined>();
  #over: Promise<unknown> = Promise.resolve();
  #client: string | undefined;
  #lost = false;

  constructor(shown: string, name: string, locks: LockManager) {
    this.#shown = shown;
    this.#name = name;
    this.#locks = locks;
  }

  /** Resolves when the lock is this worker's. */
  async take(steal: boolean, signal: AbortSignal | undefined): Promise<void> {
    const limit = AbortSignal.timeout(patience);
    // A lock that is stolen is not waited for.
    const options: LockOptions = steal
      ? { steal }
      : { signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) };
    await new Promise<void>((resolve, reject) => {
      this.#over = this.#locks
        .request(this.#name, options, () => {
          resolve();
          return this.#letGo.promise;
        })
        .catch((error: unknown) => {
          // After it was granted: another has stolen it.
          this.#lost = true;
          reject(error instanceof Error ? error : new Error(String(error)));
        });
    });
    this.#client = await holderOf(this.#name, this.#locks);
  }

  async check(): Promise<void> {
    // A worker that computes hears late that its lock was stolen, so the browser is asked.
    if (!this.#lost && (await holderOf(this.#name, this.#locks)) === this.#client) return;
    throw new LockLostError(
      `${this.#shown} was taken over by another tab or worker of this site: this one stops and writes nothing more there`,
    );
  }

  async release(): Promise<void> {
    this.#letGo.resolve(undefined);
    await this.#over;
  }
}

/** Does some work while nobody else of this site does work of that name: whoever comes later waits until it is over. */
export function inTurn<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  return lockManager().request(`cardinal ${name}`, signal === undefined ? {} : { signal }, work);
}
