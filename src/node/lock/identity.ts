import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { hasCode } from '../../base/file-errors.ts';
import type { Identity, OldRecord } from './record.ts';

/** This process. */
export function ownIdentity(): Identity {
  return {
    pid: process.pid,
    started: statOf(process.pid)?.started ?? '',
    host: hostname(),
    boot: bootOf(),
    namespace: quietly(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Whether two processes have one kernel, for certain. */
export function haveOneKernel(a: Identity, b: Identity): boolean {
  if (a.boot === '' || b.boot === '') return false;
  if (a.boot === b.boot) return true;
  const [one, other] = [a.boot, b.boot].map((boot) => /^since (\d+) (.*)$/.exec(boot));
  if (one === null || other === null) return false;
  return one[2] === other[2] && Math.abs(Number(one[1]) - Number(other[1])) <= clockTolerance;
}

/** Seconds by which two processes may differ about when the system started. */
const clockTolerance = 3;

function bootOf(): string {
  const id = quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  if (id !== '' || process.platform === 'linux') return id;
  return `since ${Math.round(Date.now() / 1000 - uptime())} ${process.platform} ${hostname()}`;
}

/**
 * What has become of a process of this kernel and namespace: `ended` it is gone, or a zombie, or its id is another's;
 * `unknown` there is one of that id, which may be another.
 */
export function fateOf({
  pid,
  started,
}: Pick<OldRecord, 'pid' | 'started'>): 'running' | 'ended' | 'unknown' {
  const stat = statOf(pid);
  if (stat !== undefined) {
    if (['Z', 'X', 'x'].includes(stat.state)) return 'ended';
    if (started === '') return 'unknown';
    return stat.started === started ? 'running' : 'ended';
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is such a process, of another user.
    if (hasCode(error, 'ESRCH')) return 'ended';
  }
  return 'unknown';
}

/** State and start of a process, in a form that only equality is asked of; undefined where the system has no /proc or hides it. */
function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  const text = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === '') return undefined;
  // The third field and the 22nd, counted after the command name, which is in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], started: fields[19] };
}

function quietly(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
