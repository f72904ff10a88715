import { finished } from './colours.ts';

/** Lines, and lists of lines as they are: spread into arguments, a list of a file's names may overflow the stack. */
export type Lines = readonly (string | readonly string[])[];

/**
 * Writes lines; everything the command line prints goes through here. Lines may hold names and messages of strangers, so each is
 * shown on one line and without control sequences other than our colours.
 */
export function writeLines(stream: Pick<NodeJS.WriteStream, 'write'>, ...lines: Lines): void {
  stream.write(`${lines.flat().map(finished).join('\n')}\n`);
}
