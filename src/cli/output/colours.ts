import picocolors from 'picocolors';
import { visible } from '../../base/quoted.ts';

/**
 * Random numbers of this process, which each of our colours carries until it is written. They tell our colours from those in
 * text of strangers; a terminal ignores them. They are never shown, so `Math.random` is unpredictable enough, and node:crypto need
 * not be loaded at every start.
 */
const mark = Array.from({ length: 4 }, () => 1000 + Math.floor(9000 * Math.random())).join(';');
const own = new RegExp(`(\\u001b\\[\\d+;${mark}m)`);
const everyOwn = new RegExp(`(\\u001b\\[\\d+);${mark}m`, 'g');

/** Colours where the terminal has them. They do not clean the text inside: that is done with the whole line. */
export const pc = {
  bold: marked(picocolors.bold),
  dim: marked(picocolors.dim),
  red: marked(picocolors.red),
  green: marked(picocolors.green),
  yellow: marked(picocolors.yellow),
  cyan: marked(picocolors.cyan),
};

/** Text on one line, without control sequences other than our colours; see `visible`. */
export function cleaned(text: string): string {
  return text
    .split(own)
    .map((part, index) => (index % 2 === 0 ? visible(part) : part))
    .join('');
}

/** The same, with the marks taken off our colours: what the terminal gets. */
export function finished(text: string): string {
  return cleaned(text).replace(everyOwn, '$1m');
}

function marked(colour: (text: string) => string): (text: string) => string {
  const [open = '', close = ''] = colour('|').split('|');
  const withMark = (code: string): string => code.replace(/m$/, `;${mark}m`);
  return (text) => withMark(open) + text + withMark(close);
}
