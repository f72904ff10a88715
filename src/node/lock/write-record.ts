import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { neverFollow } from './open-flags.ts';
import type { LockRecord } from './record.ts';

// The heartbeat's thread loads this file: it imports nothing large.

/** Records are written over each other in place, so all are of one length. */
const unit = 1024;

/** Makes a lock file that nobody else has, still empty, and gives its descriptor. */
export function createLockFile(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | neverFollow, 0o644);
}

/**
 * Writes a record over the earlier one. Opened anew each time, so that other machines see it on a shared disk. Throws
 * if the file is gone.
 */
export function writeRecord(path: string, record: LockRecord): void {
  const text = JSON.stringify(record);
  const bytes = Buffer.from(text.padEnd(Math.ceil((text.length + 1) / unit) * unit - 1) + '\n');
  const file = openSync(path, constants.O_RDWR | neverFollow);
  try {
    writeSync(file, bytes, 0, bytes.length, 0);
  } finally {
    closeSync(file);
  }
}

/** What a heartbeat needs to know. */
export interface HeartbeatData {
  readonly path: string;
  readonly record: LockRecord;
  /** Milliseconds. */
  readonly every: number;
}

/** Beats in the calling thread until the timer is cleared. */
export function beat({ path, record, every }: HeartbeatData): NodeJS.Timeout {
  let count = record.beat;
  return setInterval(() => {
    try {
      writeRecord(path, { ...record, beat: ++count });
    } catch {
      // The file was taken away, or the disk does not answer: the owner finds out before it writes.
    }
  }, every);
}
