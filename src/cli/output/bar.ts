import cliProgress from 'cli-progress';
import { finished } from './colours.ts';

/** What stands beside a bar, by the names in its format. */
export type Payload = Readonly<Record<string, string>>;

export interface Bar {
  readonly isActive: boolean;
  start(total: number, value: number, payload?: Payload): void;
  update(value: number, payload?: Payload): void;
  stop(): void;
}

/** A bar for a terminal that goes away when it is done. `format` is cli-progress's: `{bar}`, `{name of a payload}`. */
export function newBar(stream: NodeJS.WriteStream, format: string): Bar {
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format,
      barsize: stream.columns < 100 ? 12 : 28,
      clearOnComplete: true,
      hideCursor: true,
      fps: 8,
      // Ctrl-C is for what goes on to handle: it keeps what it has.
      gracefulExit: false,
      linewrap: false,
    },
    cliProgress.Presets.shades_classic,
  );
  // A process that ends meanwhile, at Ctrl-C say, gives the terminal its cursor back.
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

/** Nothing of it ends the bar's line or is obeyed by the terminal. */
function shown(payload: Payload = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(payload).map(([name, text]) => [name, finished(text)]));
}
