import type { Command } from 'commander';

export function withJsonFlag(command: Command): Command {
  return command.option('--json', 'print one JSON document instead of text', false);
}

/** Adds examples below a command's help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((line) => `  $ cardinal ${line}`).join('\n')}`,
  );
}

/** What `--take-over` means, in every command that has it. */
export const takeOverHelp =
  'with --resume: take over a folder that another process holds, if you know that it has ended; if it is still running, it stops';
