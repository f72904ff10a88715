import { CommanderError } from 'commander';
import { CardinalError, messageOf, UsageError } from '../base/errors.ts';
import { fileReason, hasCode, isShortage } from '../base/file-errors.ts';
import { AgreedError, SaidElsewhereError } from '../node/mpi/errors.ts';
import { inFlags } from './output/in-flags.ts';
import { Interruption } from './process/interrupt.ts';

/** How the command line ends after something was thrown. */
export interface Verdict {
  readonly exitCode: number;
  /** For stderr; none if there is nothing to say. */
  readonly lines: readonly string[];
}

/**
 * One line for whatever was thrown; exit code 2 for a usage error, 1 otherwise. `verbose` adds the stack trace; without it the line
 * of an unexpected error says how to get one.
 */
export function verdictOn(error: unknown, { command = '', verbose = false } = {}): Verdict {
  // Help and version end commander's run like errors do, but are none.
  if (error instanceof CommanderError && error.exitCode === 0) return { exitCode: 0, lines: [] };
  const help = ['cardinal', ...(command === '' ? [] : [command]), '--help'].join(' ');
  const stack = verbose && error instanceof Error && error.stack !== undefined ? error.stack.split('\n') : [];
  const verdict = (exitCode: number, message: string): Verdict => ({
    exitCode,
    lines: [`cardinal: ${message}`, ...stack],
  });

  if (error instanceof CommanderError) {
    // Its advice is on a line of its own; other line ends are those of an argument.
    const message = error.message.replace(/^error: |\.$/g, '').replace(/\n(\(Did you mean .*\))$/, ' $1');
    return verdict(2, `${message}; see ${help}`);
  }
  if (error instanceof SaidElsewhereError) return { exitCode: error.exitCode, lines: [] };
  if (error instanceof AgreedError) return verdict(error.exitCode, error.message);
  if (error instanceof Interruption) return verdict(error.exitCode, error.message);
  if (error instanceof UsageError) return verdict(2, inFlags(error.message));
  if (error instanceof CardinalError) return verdict(1, inFlags(error.message));
  const reason = systemReason(error);
  if (reason !== undefined) return verdict(1, reason);
  const message = messageOf(error).replace(/\s*\n\s*/g, ' ');
  const more = verbose ? '' : '; add --verbose for its stack trace';
  return verdict(1, `unexpected error, a bug in Cardinal: ${message}${more}`);
}

/** What the system said, if that alone explains an error: a disk that is full or fails, limits, permissions. */
function systemReason(error: unknown): string | undefined {
  if (!isShortage(error) && !hasCode(error, ...ofTheDisk)) return undefined;
  const [call, path] = ['syscall', 'path'].map((key) => {
    const value: unknown = Object.getOwnPropertyDescriptor(error, key)?.value;
    return typeof value === 'string' ? ` ${value}` : '';
  });
  const what = call === '' ? '' : ` to${call}`;
  return `the system failed${what}${path}: ${fileReason(error) ?? messageOf(error)}`;
}

const ofTheDisk = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EFBIG', 'EACCES', 'EPERM', 'ESTALE', 'ENODEV'];
