/** A folder that one process, or one tab, has to itself. */
export interface Lock {
  /**
   * To be asked before each write: a process that was stopped for long, or cut off from a shared disk, may have been
   * considered dead. Throws a `LockLostError` if another has the folder now.
   */
  check(): Promise<void>;
  /** Releases the folder. Throws a `CardinalError` if the disk does not let it. */
  release(): Promise<void>;
}

/** How a folder is taken. */
export interface FolderLockOptions {
  /** What the folder is, for messages. */
  readonly what?: string;
  /** Take the folder from whoever has it, alive or not: it stops at its next write. */
  readonly takeOver?: boolean | undefined;
  /** What to do if it has ended and that cannot be detected, as part of a sentence. Default: to delete the lock file. */
  readonly takeOverHint?: string;
  /** One line about what is waited for, or who lost the folder. */
  readonly onNotice?: ((message: string) => void | Promise<void>) | undefined;
}

/** Lock files are called `.lock-<anything>`; not every platform has such. */
export const lockPrefix = '.lock-';

/** Whether a name is one of a lock file's. */
export function isLockName(name: string): boolean {
  return name.startsWith(lockPrefix);
}
