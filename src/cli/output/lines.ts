import { finished } from './colours.ts';

/** Lines, and lists of them as they are: a call takes some ten thousand arguments, a file may have more names. */
export type Lines = readonly (string | readonly string[])[];

/**
 * The one way by which lines leave the command line. Names and messages of strangers stand in them: each is shown on one line and
 * with nothing in it that a terminal obeys but our colours.
 */
export function writeLines(stream: Pick<NodeJS.WriteStream, 'write'>, ...lines: Lines): void {
  stream.write(`${lines.flat().map(finished).join('\n')}\n`);
}
