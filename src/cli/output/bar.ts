import cliProgress from 'cli-progress';
import { finished } from './colours.ts';

/** Texts beside a bar, by their names in its format. */
export type Payload = Readonly<Record<string, string>>;

export interface Bar {
  readonly isActive: boolean;
  start(total: number, value: number, payload?: Payload): void;
  update(value: number, payload?: Payload): void;
  stop(): void;
}

/** A progress bar that is cleared when it is done. `format` is cli-progress's: `{bar}`, `{name of a payload}`. */
export function newBar(stream: NodeJS.WriteStream, format: string): Bar {
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format,
      barsize: stream.columns < 100 ? 12 : 28,
      clearOnComplete: true,
      hideCursor: true,
      fps: 8,
      // The work that is going on handles Ctrl-C: it saves what it has.
      gracefulExit: false,
      linewrap: false,
    },
    cliProgress.Presets.shades_classic,
  );
  // A process that ends early, at Ctrl-C for instance, shows the terminal's cursor again.
  const end = (): void => {
    bar.stop();
  };
  bar.on('start', () => process.on('exit', end));
  bar.on('stop', () => process.off('exit', end));
  return {
    get isActive() {
      return bar.isActive;
    },
    start(total, value, payload) {
      bar.start(total, value, shown(payload));
    },
    update(value, payload) {
      bar.update(value, shown(payload));
    },
    stop() {
      bar.stop();
    },
  };
}

/** Without line breaks and control sequences. */
function shown(payload: Payload = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([name, text]) => [name, finished(text)]));
}
