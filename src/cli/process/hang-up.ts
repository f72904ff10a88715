import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isatty } from 'node:tty';

/**
 * Whether this process should outlive its terminal, as one started by `nohup`. Node resets the signal's disposition that it
 * inherits, so other traces have to do: the command that the shell noted in `_`, the unreadable standard input that nohup puts in
 * a terminal's place, and whether the parent ignores the signal (`trap '' HUP`).
 */
export function hangUpIsIgnored(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  parent = process.ppid,
): boolean {
  return basename(environment['_'] ?? '') === 'nohup' || isUnreadable(0) || ignoresHangUp(parent);
}

/** Knows later whether the terminal that the process was started in is gone; a process that had none never lost it. */
export function terminalWatch(): { isGone(): boolean } {
  const had = [0, 1, 2].some((descriptor) => isatty(descriptor)) && canOpen('/dev/tty');
  return { isGone: () => had && !canOpen('/dev/tty') };
}

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
}

/** From `/proc`; false where there is none. */
function ignoresHangUp(pid: number): boolean {
  const found = /^SigIgn:\s*[\da-f]*([\da-f])$/m.exec(textOf(`/proc/${pid}/status`));
  return found !== null && (parseInt(found[1], 16) & 1) === 1;
}

function isUnreadable(descriptor: number): boolean {
  const found = /^flags:\s*\d*(\d)$/m.exec(textOf(`/proc/self/fdinfo/${descriptor}`));
  if (found === null || (Number(found[1]) & 3) !== 1) return false;
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`) === '/dev/null';
  } catch {
    return false;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
