import { CardinalError } from '../../src/base/errors.ts';

/** What is wrong with an error that a damaged file led to; undefined if it is as errors should be. */
export function faultOfError(error: unknown, begins: RegExp | string): string | undefined {
  if (!(error instanceof CardinalError)) {
    return `not a CardinalError: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
  const { message } = error;
  const isRight = typeof begins === 'string' ? message.startsWith(begins) : begins.test(message);
  if (!isRight) return `does not begin with the file's name: ${JSON.stringify(message)}`;
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(message)) return `more than one line: ${JSON.stringify(message)}`;
  if (message.length > 2000) return `a message of ${message.length} characters: ${message.slice(0, 200)}`;
  return undefined;
}
