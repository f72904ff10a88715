import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CardinalError } from '../base/errors.ts';
import { fileError, hasCode, writeFileAtomic } from './files.ts';

/** A folder that one process has to itself. */
export interface Lock {
  release(): Promise<void>;
}

/** Another process has the folder, or may have it. */
export class InUseError extends CardinalError {
  override readonly name = 'InUseError';
}

/** Lock files are called `.lock-<anything>`. */
const prefix = '.lock-';

/** Who holds a lock: a process is its id and the moment it started, because ids are used again. */
const ownerSchema = z.object({ pid: z.int().positive(), started: z.string(), host: z.string() });
type Owner = z.infer<typeof ownerSchema>;

/**
 * Takes a folder for this process. Throws an `InUseError` if a live process has it; the locks of processes that were
 * killed are cleared away.
 *
 * Everyone first adds a lock file of an own name and then looks for those of others. Of two that come at once, the one
 * that looks last sees the other, so never do both get the folder (both may be refused). A single lock file could not
 * be taken over from a dead process without a moment in which two processes do.
 */
export async function lockFolder(folder: string): Promise<Lock> {
  const name = prefix + randomUUID();
  const path = join(folder, name);
  const owner: Owner = { pid: process.pid, started: startOf(process.pid), host: hostname() };
  await writeFileAtomic(path, JSON.stringify(owner));
  const release = () => rm(path, { force: true });
  try {
    for (const other of await readdir(folder)) {
      if (other.startsWith(prefix) && other !== name) await clear(folder, join(folder, other));
    }
  } catch (error) {
    await release().catch(() => undefined);
    throw fileError('lock', folder, error);
  }
  return { release };
}

/** Removes another's lock file if its process is dead, and throws if it lives. */
async function clear(folder: string, path: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const owner = parseOwner(text);
  if (owner !== undefined && owner.host !== hostname()) {
    throw new InUseError(
      `run folder ${folder} is in use by process ${owner.pid} on ${owner.host}; if that is over, delete ${path}`,
    );
  }
  if (owner !== undefined && isAlive(owner)) {
    throw new InUseError(
      `run folder ${folder} is already in use by process ${owner.pid}; wait for it, stop it or choose another folder`,
    );
  }
  await rm(path, { force: true });
}

function parseOwner(text: string): Owner | undefined {
  try {
    const result = ownerSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: there is such a process, of another user.
    if (!hasCode(error, 'EPERM')) return false;
  }
  return owner.started === startOf(owner.pid);
}

/** When a process started, in a form that only equality is asked of; empty where the system has no /proc. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22, counted after the command name, which is in parentheses and may hold anything.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return '';
  }
}
