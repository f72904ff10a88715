import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { integer, path } from '../flags/values.ts';
import type { DemoFlags } from './run.ts';

export function define(command: Command): void {
  command
    .option('--epochs <n>', 'number of epochs', integer('--epochs', 1, 1000), 10)
    .option(
      '--seed <n>',
      'random seed for weights, splits, shuffling and augmentation',
      integer('--seed', 0),
      0,
    )
    .option('--out <dir>', 'run folder (default: runs/demo)', path('--out'));
  withExamples(withJsonFlag(withEngineFlags(command)), 'demo', 'demo --epochs 3 --threads 2').action(
    async (flags: DemoFlags) => {
      const { demo } = await import('./run.ts');
      await demo(flags);
    },
  );
}
