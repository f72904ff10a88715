import { newBar, type Bar } from '../output/bar.ts';

/** Shows the progress of `predict`. */
export interface PredictProgress {
  done(pictures: number): void;
  /** Clears the bar, so that a line can be written; the next picture brings it back. */
  stop(): void;
}

/** A bar on a terminal, unless the answers go there too: between them it would flicker. */
export function predictProgress(
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
  answers: { readonly isTTY?: boolean } = process.stdout,
  what = 'pictures',
): PredictProgress {
  let bar: Bar | undefined;
  const isShown = stream.isTTY && answers.isTTY !== true && total > 1;
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stop,
    done(pictures) {
      if (!isShown) return;
      if (bar === undefined) {
        bar = newBar(stream, `{bar} {value} of {total} ${what}  {eta_formatted} left`);
        bar.start(total, pictures);
      }
      bar.update(pictures);
      if (pictures === total) stop();
    },
  };
}
