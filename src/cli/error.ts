import { CommanderError } from 'commander';
import { CardinalError, messageOf, UsageError } from '../base/errors.ts';
import { Interruption } from './interrupt.ts';

/** What the command line says of something that was thrown, and how it exits. */
export interface Verdict {
  readonly exitCode: number;
  /** For stderr; empty if there is nothing to say. */
  readonly text: string;
}

/**
 * One line for whatever was thrown: 2 for a usage error, 1 otherwise. `verbose` adds the stack; without it an error
 * that is no one's but Cardinal's own says how to see more.
 */
export function verdictOn(error: unknown, { command = '', verbose = false } = {}): Verdict {
  // Help and version end commander's run like errors do, but are none.
  if (error instanceof CommanderError && error.exitCode === 0) return { exitCode: 0, text: '' };
  const help = ['cardinal', ...(command === '' ? [] : [command]), '--help'].join(' ');
  const stack = verbose && error instanceof Error && error.stack !== undefined ? `${error.stack}\n` : '';
  const line = (message: string): string => `cardinal: ${message.replace(/\s*\n\s*/g, ' ')}\n${stack}`;

  if (error instanceof CommanderError) {
    return { exitCode: 2, text: line(`${error.message.replace(/^error: |\.$/g, '')}; see ${help}`) };
  }
  if (error instanceof Interruption) return { exitCode: error.exitCode, text: line(error.message) };
  if (error instanceof UsageError) return { exitCode: 2, text: line(error.message) };
  if (error instanceof CardinalError) return { exitCode: 1, text: line(error.message) };
  const more = verbose ? '' : '; add --verbose for its stack';
  return { exitCode: 1, text: line(`unexpected error, a defect of Cardinal: ${messageOf(error)}${more}`) };
}
