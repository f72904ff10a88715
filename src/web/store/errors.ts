import { CardinalError } from '../../base/errors.ts';
import { hasCode } from '../../base/file-errors.ts';
import { bytes } from '../../report/format.ts';

/** An error of the private file system that POSIX's words for its code do not fit. */
export class StoreError extends CardinalError {
  override readonly name = 'StoreError';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** An error as a system gives it, for `fileError` to find words. */
export function codedError(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

/** The name that the web gives an error; empty for what is none of its errors. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Somebody has a file open: only one may at a time, readers excepted. */
export function isLocked(error: unknown): boolean {
  return nameOf(error) === 'NoModificationAllowedError';
}

/** POSIX's codes for what browsers say. */
const codes: Readonly<Partial<Record<string, string>>> = {
  NotFoundError: 'ENOENT',
  InvalidModificationError: 'ENOTEMPTY',
  NotAllowedError: 'EACCES',
  SecurityError: 'EACCES',
  NotReadableError: 'EIO',
  UnknownError: 'EIO',
  InvalidStateError: 'EBADF',
  // What they say of a name that they do not take.
  TypeError: 'EINVAL',
};

/**
 * An error of the browser as POSIX would have it. `mismatch` is what it means that there is a file where a folder is expected, or
 * the reverse.
 */
export async function asFileError(path: string, error: unknown, mismatch = 'EISDIR'): Promise<Error> {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof CardinalError || hasAnyCode(error)) return error;
  const name = nameOf(error);
  if (name === 'QuotaExceededError') return noRoom(error);
  if (isLocked(error)) {
    return new StoreError(
      'EBUSY',
      `${path} is in use: another tab or worker of this site has it open; close that, and try again`,
      error,
    );
  }
  const code = name === 'TypeMismatchError' ? mismatch : codes[name];
  return code === undefined ? error : codedError(code, String(error), error);
}

function hasAnyCode(error: Error): boolean {
  // A DOMException has a number there.
  return 'code' in error && typeof error.code === 'string';
}

/** What to say when the browser gives no more room, with how much is used. */
export async function noRoom(cause?: unknown): Promise<StoreError> {
  const { usage, quota } = await navigator.storage
    .estimate()
    .catch(() => ({ usage: undefined, quota: undefined }));
  const used =
    usage === undefined || quota === undefined ? '' : ` (${bytes(usage)} of ${bytes(quota)} are used)`;
  return new StoreError(
    'ENOSPC',
    `the browser gives this site no more room for files${used}: delete runs that are not needed any more (deleteRun), or make room on the disk`,
    cause,
  );
}

/** What to say when a folder that was there is not. */
export function evicted(path: string, cause?: unknown): StoreError {
  return new StoreError(
    'ENOENT',
    `${path} is gone: the browser's data of this site was deleted, by a person or by the browser to make room; begin anew, or import a copy (importRun)`,
    cause,
  );
}

/** Whether there is nothing of that name. */
export function isAbsent(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || nameOf(error) === 'NotFoundError';
}
