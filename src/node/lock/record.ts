import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import * as z from 'zod/mini';
import { hasCode } from '../../base/file-errors.ts';
import { neverFollow } from './open-flags.ts';

const line = z.string().check(z.maxLength(255), z.regex(/^\P{Cc}*$/u));

/** What every version of Cardinal writes: a process is its id and the moment it started, because ids are used again. */
const ownerSchema = z.object({ pid: z.int().check(z.positive()), started: line, host: line });

/** Which process of which kernel. */
export const identitySchema = z.extend(ownerSchema, {
  /** The start of the system that runs the process: what has the same one has the same kernel. Empty if it is not known. */
  boot: line,
  /** Ids of processes are of this namespace; empty where there are none. */
  namespace: line,
});
export type Identity = z.infer<typeof identitySchema>;

const recordSchema = z.extend(identitySchema, {
  /** `starting` is one of some that may have come at once; `owner` has won, though it may still wait for a dead one. */
  state: z.enum(['starting', 'owner']),
  /** The owner holds a lock of its kernel on the file. */
  kernel: z.boolean(),
  /** Goes up while the owner lives. */
  beat: z.int().check(z.nonnegative()),
});
/** The contents of a lock file. */
export type LockRecord = z.infer<typeof recordSchema>;

/** The lock file of an earlier version: without a heartbeat. */
export type OldRecord = z.infer<typeof ownerSchema>;

/** No record is longer. */
const longest = 8192;

/**
 * A look at a lock file: `gone`; `foreign`, something that no version of Cardinal makes; `closed`, not ours to read;
 * or its contents.
 */
export type Look =
  | 'gone'
  | 'foreign'
  | 'closed'
  | {
      /** To see whether it changes. */
      readonly text: string;
      /** Undefined while it is being written, and for one that was cut short. */
      readonly record: LockRecord | OldRecord | undefined;
    };

/** Reads a lock file; `ask` may ask the kernel about it. Never waits, whatever lies there. */
export function lookAt<T>(path: string, ask: (file: number, look: Look) => T): T {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | neverFollow);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESTALE')) return ask(-1, 'gone');
    // A symbolic link; a socket or device.
    if (hasCode(error, 'ELOOP', 'EMLINK', 'ENXIO', 'EISDIR')) return ask(-1, 'foreign');
    if (hasCode(error, 'EACCES', 'EPERM')) return ask(-1, 'closed');
    throw error;
  }
  try {
    if (!fstatSync(file).isFile()) return ask(-1, 'foreign');
    const bytes = Buffer.alloc(longest);
    const text = bytes.toString('utf8', 0, readSync(file, bytes, 0, longest, 0));
    return ask(file, { text, record: parse(text) });
  } finally {
    closeSync(file);
  }
}

function parse(text: string): LockRecord | OldRecord | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return recordSchema.safeParse(json).data ?? ownerSchema.safeParse(json).data;
  } catch {
    return undefined;
  }
}
