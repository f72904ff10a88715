import { readFileSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import { CardinalError } from '../base/errors.ts';
import { fileError, hasCode } from './files.ts';

/**
 * A lock file that says which process holds it, so that the lock of a process that was killed can be told from one that
 * is held. A process is its id and the moment it started, because ids are used again.
 */
export interface Lock {
  release(): Promise<void>;
}

const ownerSchema = z.object({ pid: z.int().positive(), started: z.string(), host: z.string() });
type Owner = z.infer<typeof ownerSchema>;

/** Takes the lock at `path` for `what` (a run folder, for people). Throws a `CardinalError` if a live process holds it. */
export async function acquireLock(path: string, what: string): Promise<Lock> {
  const content = JSON.stringify({
    pid: process.pid,
    started: startOf(process.pid),
    host: hostname(),
  } satisfies Owner);
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await writeFile(path, content, { flag: 'wx' });
      return { release: () => release(path, content) };
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw fileError('lock', path, error);
    }
    await removeIfStale(path, what);
  }
  throw new CardinalError(`${what} is wanted by several processes at once: try again`);
}

async function release(path: string, content: string): Promise<void> {
  const current = await readFile(path, 'utf8').catch(() => undefined);
  if (current === content) await rm(path, { force: true });
}

async function removeIfStale(path: string, what: string): Promise<void> {
  let text: string;
  let writtenAgo: number;
  try {
    text = await readFile(path, 'utf8');
    writtenAgo = Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw fileError('lock', path, error);
  }
  const owner = parseOwner(text);
  if (owner === undefined) {
    // A process may be between creating the file and writing to it; one that was killed there is not, any more.
    if (writtenAgo < 2000) throw new CardinalError(`${what} is already in use by another process`);
  } else if (owner.host !== hostname()) {
    throw new CardinalError(
      `${what} is in use by process ${owner.pid} on ${owner.host}; if that is over, delete ${path}`,
    );
  } else if (isAlive(owner)) {
    throw new CardinalError(
      `${what} is already in use by process ${owner.pid}; wait for it, stop it or choose another folder`,
    );
  }
  await removeExactly(path, text);
}

/**
 * Removes the lock that was judged, and no other: renaming is atomic, so of several processes that judged the same lock
 * one moves it away; if what it moved is a newer lock, it is put back.
 */
async function removeExactly(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw fileError('lock', path, error);
  }
  const moved = await readFile(aside, 'utf8');
  if (moved !== text) await writeFile(path, moved, { flag: 'wx' }).catch(() => undefined);
  await rm(aside, { force: true });
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
