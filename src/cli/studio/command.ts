import type { Command } from 'commander';
import { withExamples } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { each, integer, path } from '../flags/values.ts';
import type { StudioFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument(
      '[names...]',
      'what it may open: data, runs (a folder of runs as well), weights; without data the bundled pictures',
      each(path('names')),
    )
    .option(
      '--runs <folder>',
      'where its runs and the pictures that one drops are kept',
      path('--runs'),
      'runs',
    )
    .option(
      '--port <n>',
      'port of this machine to listen on; 0 takes a free one',
      integer('--port', 0, 65_535),
      8181,
    )
    .option('--no-open', 'print the address and open no browser');
  withExamples(
    withEngineFlags(command),
    'studio',
    'studio photos runs/demo',
    'studio photos hf:timm/resnext50_32x4d.a1_in1k --no-open --port 0',
  )
    .addHelpText(
      'after',
      '\nOnly this machine reaches it, and only with the address that it prints. docs/studio.md says what one can do there.',
    )
    .action(async (names: readonly string[] | undefined, flags: StudioFlags) => {
      const { studio } = await import('./run.ts');
      await studio(names ?? [], flags);
    });
}
