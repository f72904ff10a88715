import { closeSync, readFileSync, statSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { CardinalError } from '../../base/errors.ts';
import type { Koffi, NativeLibrary } from '../koffi.ts';
import { pause } from './patience.ts';

/** Calls of Linux, the same on all processors. */
const pidfdOpen = 434;
const pidfdGetfd = 438;

/**
 * MPICH's launcher gives each rank an open socket and its number in `PMI_FD`. Node closes what it inherited in programs that it
 * starts, so behind `npx` the number is another file's or none's. The process that was started by the launcher still has the
 * socket: this takes it from there. Throws a `CardinalError` with other ways to start the ranks where the system does not allow that.
 */
export function recoverPmiSocket(koffi: Koffi, environment: NodeJS.ProcessEnv = process.env): void {
  const number = environment['PMI_FD'];
  if (number === undefined) return;
  const holder = process.platform === 'linux' ? firstWith(number, environment['PMI_RANK']) : undefined;
  const own = socketOf(`/dev/fd/${number}`);
  if (own !== undefined && (holder === undefined || holder.socket === own)) return;
  const taken = holder === undefined ? -1 : takeFrom(koffi, holder.pid, Number(number));
  if (taken < 0) {
    throw new CardinalError(
      'npx or another program between mpiexec and Node has closed the connection to mpiexec (PMI_FD), and the system does not allow to take it from there; add -pmi-port to mpiexec, or start node itself: mpiexec -n 2 node node_modules/.bin/cardinal',
    );
  }
  environment['PMI_FD'] = String(taken);
  // MPICH reads C's environment, of which a worker thread has a copy.
  koffi.load(null).func('int setenv(const char *, const char *, int)')('PMI_FD', String(taken), 1);
}

/** Which socket an open file is; undefined if it is none. */
function socketOf(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isSocket() === true ? found.ino : undefined;
}

/** The process that was started as this rank, if it is another one, and its socket. */
function firstWith(
  descriptor: string,
  rank: string | undefined,
): { readonly pid: number; readonly socket: number } | undefined {
  let first: { readonly pid: number; readonly socket: number } | undefined;
  try {
    for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      const isSame = variables.includes(`PMI_FD=${descriptor}`) && variables.includes(`PMI_RANK=${rank}`);
      if (!isSame) break;
      const socket = socketOf(`/proc/${pid}/fd/${descriptor}`);
      if (socket !== undefined) first = { pid, socket };
    }
  } catch {
    // A process of somebody else: none of ours is above it.
  }
  return first;
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The program's name, in parentheses, may hold anything.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function takeFrom(koffi: Koffi, pid: number, descriptor: number): number {
  const syscall = koffi.load(null).func('long syscall(long number, long a, long b, long c)');
  const holder = Number(syscall(pidfdOpen, pid, 0, 0));
  if (holder < 0) return -1;
  const taken = Number(syscall(pidfdGetfd, holder, descriptor, 0));
  closeSync(holder);
  return taken;
}

/** Tells MPICH's launcher to end all ranks, as MPI_Abort does, where MPI has not started. */
export function abortByPmi(environment: NodeJS.ProcessEnv = process.env): void {
  const number = environment['PMI_FD'];
  if (number === undefined || socketOf(`/dev/fd/${number}`) === undefined) return;
  try {
    writeSync(Number(number), 'cmd=abort exitcode=1\n');
  } catch {
    // Nobody listens there.
  }
}

/** The socket to MPICH's launcher, if this process was started by it; Slurm's speaks otherwise. */
function launcherSocket(environment: NodeJS.ProcessEnv): number | undefined {
  const number = environment['PMI_FD'];
  if (process.platform !== 'linux' || environment['SLURM_STEP_ID'] !== undefined) return undefined;
  return number === undefined || socketOf(`/dev/fd/${number}`) === undefined ? undefined : Number(number);
}

/** Whether the main thread waits for the launcher's answer, as in the barrier by which MPICH ends. */
export function waitsForPmi(environment: NodeJS.ProcessEnv = process.env): boolean {
  const socket = launcherSocket(environment);
  if (socket === undefined) return false;
  try {
    // The number of the call, and its arguments.
    const call = readFileSync(`/proc/self/task/${process.pid}/syscall`, 'latin1').split(' ');
    return Number(call[1]) === socket;
  } catch {
    return false;
  }
}

/**
 * Tells MPICH's launcher that this rank ends in peace, as MPI_Finalize would: it comes to the barrier of all ranks, and takes leave. `patience` in
 * milliseconds is for each of both. Without this the launcher ends the other ranks. The main thread, which must not be waiting for answers of the
 * launcher, is stopped for good: what it is in might go on meanwhile, and say the same.
 */
export function partByPmi(
  system: NativeLibrary,
  patience: number,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  const socket = launcherSocket(environment);
  if (socket === undefined) return;
  const receive = system.func('long recv(int, void *, size_t, int)');
  const answer = Buffer.alloc(256);
  try {
    // A handler that does not return.
    system.func('void *signal(int, void *)')(constants.signals.SIGUSR2, system.symbol('pause'));
    system.func('int tgkill(int, int, int)')(process.pid, process.pid, constants.signals.SIGUSR2);
    for (const command of ['barrier_in', 'finalize']) {
      writeSync(socket, `cmd=${command}\n`);
      const until = performance.now() + patience;
      while (Number(receive(socket, answer, answer.length, withoutWaiting)) <= 0 && performance.now() < until)
        pause(1);
    }
  } catch {
    // Nobody listens there.
  }
}

/** Linux's MSG_DONTWAIT. */
const withoutWaiting = 0x40;
