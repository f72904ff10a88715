import picocolors from 'picocolors';
import { visible } from '../../base/quoted.ts';

/**
 * Numbers of this process alone, which each of our colours carries until it is written: a terminal passes over them, and in a
 * line that holds text of strangers they tell our colours from theirs. Nobody sees them, so nobody can tell the next ones, and node:crypto
 * need not be loaded at every start.
 */
const mark = Array.from({ length: 4 }, () => 1000 + Math.floor(9000 * Math.random())).join(';');
const own = new RegExp(`(\\u001b\\[\\d+;${mark}m)`);
const everyOwn = new RegExp(`(\\u001b\\[\\d+);${mark}m`, 'g');

/** Colours where the terminal has them. What they are put around is not cleaned: that is done with the whole line. */
export const pc = {
  bold: marked(picocolors.bold),
  dim: marked(picocolors.dim),
  red: marked(picocolors.red),
  green: marked(picocolors.green),
  yellow: marked(picocolors.yellow),
  cyan: marked(picocolors.cyan),
};

/** Text on one line in which nothing but our colours is left that a terminal obeys; see `visible`. */
export function cleaned(text: string): string {
  return text
    .split(own)
    .map((part, index) => (index % 2 === 0 ? visible(part) : part))
    .join('');
}

/** The same as a terminal gets it. */
export function finished(text: string): string {
  return cleaned(text).replace(everyOwn, '$1m');
}

function marked(colour: (text: string) => string): (text: string) => string {
  const [open = '', close = ''] = colour('|').split('|');
  const withMark = (code: string): string => code.replace(/m$/, `;${mark}m`);
  return (text) => withMark(open) + text + withMark(close);
}
