import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Whether whoever started this process wants it to outlive its terminal, as `nohup` does. Node undoes the disposition that it
 * inherits, so it has to be told from what is left: what the shell called the program, the standard input that nobody can read which
 * nohup puts in a terminal's place, and whether the parent ignores the signal itself (`trap '' HUP`).
 */
export function hangUpIsIgnored(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  parent = process.ppid,
): boolean {
  return basename(environment['_'] ?? '') === 'nohup' || isUnreadable(0) || ignoresHangUp(parent);
}

/** Linux tells; elsewhere the answer is no. */
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
