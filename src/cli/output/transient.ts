import { finished } from './colours.ts';
import { shorten } from './table.ts';

/** A line of a terminal that is shown for a while and then cleared. */
export interface TransientLine {
  readonly isShown: boolean;
  show(text: string): void;
  clear(): void;
}

/** `stream` is a terminal. Overwrites the cursor's line, and with it the `^C` that a terminal echoes. */
export function transientLine(stream: NodeJS.WriteStream): TransientLine {
  let isShown = false;
  return {
    get isShown() {
      return isShown;
    },
    show(text) {
      // A line that fills the last column would wrap, and one that wrapped cannot be cleared.
      stream.write(`${eraseLine}${finished(shorten(text, stream.columns - 1))}`);
      isShown = true;
    },
    clear() {
      if (isShown) stream.write(eraseLine);
      isShown = false;
    },
  };
}

const eraseLine = '\r\u001b[2K';
