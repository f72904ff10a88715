import { fateOf, haveOneKernel } from './identity.ts';
import type { KernelLocks } from './kernel.ts';
import { lookAt, type Identity, type LockRecord, type Look, type OldRecord } from './record.ts';

/** Another's lock file, and what is to be thought of it. */
export interface Other {
  readonly path: string;
  /** Unique; of two that begin at once the lower one wins. */
  readonly name: string;
  /** Undefined if it is unfinished. */
  readonly record: LockRecord | OldRecord | undefined;
  /** To see whether it changes. */
  readonly text: string;
  /**
   * `unsure`: only its heartbeat can tell, and has to be watched. `opaque`: nothing can tell, as for a file that may not be
   * read, or one that an earlier version made on another machine.
   */
  readonly verdict: 'alive' | 'dead' | 'unsure' | 'opaque';
}

/** Who judges. */
export interface Judge {
  readonly identity: Identity;
  readonly kernel: KernelLocks | undefined;
}

/** Judges a lock file. Undefined if it is gone by now, or is something that no version of Cardinal makes. */
export function judge(path: string, name: string, self: Judge): Other | undefined {
  return lookAt(path, (file, look) => {
    if (look === 'gone' || look === 'foreign') return undefined;
    return { path, name, ...judged(file, look, self) };
  });
}

function judged(
  file: number,
  look: Exclude<Look, 'gone' | 'foreign'>,
  self: Judge,
): Pick<Other, 'record' | 'text' | 'verdict'> {
  if (look === 'closed') return { record: undefined, text: '', verdict: 'opaque' };
  const { record } = look;
  if (record === undefined) return { ...look, verdict: 'unsure' };
  return { ...look, verdict: isNew(record) ? verdictOn(file, record, self) : verdictOnOld(record, self) };
}

/** Whether a record is of a version with heartbeats. */
export function isNew(record: LockRecord | OldRecord): record is LockRecord {
  return 'beat' in record;
}

function verdictOn(file: number, record: LockRecord, { identity, kernel }: Judge): Other['verdict'] {
  // Another machine's locks may not be known here, or outlast it by minutes, as NFS has it.
  if (!haveOneKernel(record, identity)) return 'unsure';
  // The kernel knows of all its processes, of whichever container.
  const answer = record.kernel ? (kernel?.ask(file) ?? 'unknown') : 'unknown';
  if (answer === 'free') return 'dead';
  const fate = record.namespace === identity.namespace ? fateOf(record) : 'unknown';
  // Of a process that was killed, the first thread may be over before the last one lets the lock go.
  if (answer === 'held') return fate === 'ended' ? 'unsure' : 'alive';
  if (fate === 'unknown') return 'unsure';
  return fate === 'running' ? 'alive' : 'dead';
}

/** Earlier versions record only host, process and start. */
function verdictOnOld(record: OldRecord, { identity }: Judge): Other['verdict'] {
  if (record.host !== identity.host) return 'opaque';
  return fateOf(record) === 'ended' ? 'dead' : 'alive';
}
