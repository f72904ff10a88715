import { CardinalError, messageOf, ShortageError } from './errors.ts';

/** What lies at a path is no ordinary file, or a larger one than is read there. */
export class NotReadableError extends CardinalError {
  /** What is wrong with it, for messages that have words of their own before it. */
  readonly reason: string;

  constructor(path: string, reason: string) {
    super(`cannot read ${path}: ${reason}`);
    this.reason = reason;
  }
}

/** Whether an error of the file system has one of these codes (`ENOENT`, …). */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Whether an error, as `fileError` gives it, means that a file or folder is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof CardinalError && hasCode(error.cause, 'ENOENT');
}

/** The file system's error, in words and with what to do. */
export function fileError(verb: string, path: string, error: unknown): CardinalError {
  if (error instanceof CardinalError) return error;
  const reason = fileReason(error) ?? messageOf(error).split('\n')[0];
  const message = `cannot ${verb} ${path}: ${reason}`;
  return isShortage(error)
    ? new ShortageError(message, { cause: error })
    : new CardinalError(message, { cause: error });
}

/** For `catch`: throws what the file system said as `fileError` has it. */
export function failing(verb: string, path: string): (error: unknown) => never {
  return (error) => {
    throw fileError(verb, path, error);
  };
}

/** Why a file could not be used, in words, without the path; undefined if it is no error of the file system. */
export function fileReason(error: unknown): string | undefined {
  if (error instanceof NotReadableError) return error.reason;
  const code = codeOf(error);
  return Object.hasOwn(reasons, code) ? reasons[code] : undefined;
}

/** Whether the machine has run out of open files or memory, which whatever is done next would meet as well. */
export function isShortage(error: unknown): boolean {
  return error instanceof ShortageError || shortages.includes(codeOf(error));
}

/** What keeps a thread from working, as far as it is the machine's doing; other errors are given as they are. */
export function threadError(what: string, error: unknown): Error {
  const reason = isShortage(error) ? fileReason(error) : undefined;
  if (reason !== undefined) return new ShortageError(`${what} cannot work: ${reason}`, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

const shortages = ['EMFILE', 'ENFILE', 'ENOMEM'];

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('ERR_')) return code;
  // Node wraps what keeps a thread or a module from being loaded, and leaves the system's code in the text alone.
  const message = messageOf(error);
  if (/too many open files/i.test(message)) return 'EMFILE';
  return shortages.find((each) => message.includes(each)) ?? code;
}

const openLimit = 'close some, or raise the limit (ulimit -n)';
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room or choose another place',
  EDQUOT: 'the disk quota is used up; make room or choose another place',
  EROFS: 'the file system is read-only; choose another place',
  EIO: 'the disk failed to read or write (input/output error); look after it, or choose another place',
  EACCES: 'permission denied; choose another place or change its permissions',
  EPERM: 'permission denied; choose another place or change its permissions',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'the folder is not empty',
  EBUSY: 'it is in use',
  EFBIG: 'the file is too large for this file system',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
  EMFILE: `this process has too many files open; ${openLimit}`,
  ENFILE: 'the system has too many files open; close some programs',
  ENOMEM: 'there is not enough memory',
  ESTALE: 'the file is gone from its server; try again',
  ETIMEDOUT: 'the file system does not answer; try again',
  ENODEV: 'the device is gone',
  ENXIO: 'the device is gone',
};
