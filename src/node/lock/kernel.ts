import { constants } from 'node:os';
import { loadKoffi } from '../koffi.ts';

/** Locks of the kernel, which drops them with the process, however it ends. */
export interface KernelLocks {
  /** Locks an open file for whoever has it open. False if the file system has no such locks. */
  lock(file: number): boolean;
  /** Whether a file is locked by someone else, as far as this kernel knows. */
  ask(file: number): 'held' | 'free' | 'unknown';
}

const [shared, exclusive, atOnce] = [1, 2, 4];

/** `flock`, which belongs to the open file and not to the process; undefined on Windows and without koffi. */
export async function kernelLocks(): Promise<KernelLocks | undefined> {
  if (process.platform === 'win32') return undefined;
  try {
    const koffi = await loadKoffi();
    const flock = koffi.load(null).func('int flock(int file, int operation)');
    return {
      lock: (file) => flock(file, exclusive | atOnce) === 0,
      // Shared, so that two who ask at once do not take each other for the owner. It ends when the file is closed.
      ask(file) {
        if (flock(file, shared | atOnce) === 0) return 'free';
        return koffi.errno() === constants.errno.EWOULDBLOCK ? 'held' : 'unknown';
      },
    };
  } catch {
    return undefined;
  }
}
