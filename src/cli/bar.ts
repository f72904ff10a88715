import cliProgress from 'cli-progress';

/** A bar for a terminal that goes away when it is done. `format` is cli-progress's: `{bar}`, `{name of a payload}`. */
export function newBar(stream: NodeJS.WriteStream, format: string): cliProgress.SingleBar {
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
  return bar;
}
