import { Command, CommanderError } from 'commander';
import { CardinalError } from '../src/base/errors.ts';

/** A bench's command line: `--help`, and an error is one line. */
export function benchCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ helpWidth: process.stdout.isTTY ? Math.min(process.stdout.columns, 100) : 100 });
}

/** Runs it on this process's arguments: exits with 2 if they are wrong, with 1 if something else is. */
export async function runBench(command: Command): Promise<void> {
  try {
    await command.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const isUsage =
      error instanceof CommanderError || (error instanceof CardinalError && error.name === 'UsageError');
    // Whatever else is thrown is a defect, and its stack is of use.
    if (!isUsage && !(error instanceof CardinalError)) throw error;
    const message = error.message.replace(/^error: |\.$/g, '').replace(/\s*\n\s*/g, ' ');
    console.error(`${command.name()}: ${message}${isUsage ? '; see --help' : ''}`);
    process.exitCode = isUsage ? 2 : 1;
  }
}
