import cliProgress from 'cli-progress';

/** A bar for a terminal that goes away when it is done. `format` is cli-progress's: `{bar}`, `{name of a payload}`. */
export function newBar(stream: NodeJS.WriteStream, format: string): cliProgress.SingleBar {
  return new cliProgress.SingleBar(
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
}
