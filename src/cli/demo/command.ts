import type { Command } from 'commander';
import type { EngineFlags } from '../flags.ts';
import { integer, path, withEngineFlags, withExamples, withJsonFlag } from '../flags.ts';

export interface DemoFlags extends EngineFlags {
  readonly epochs: number;
  readonly seed: number;
  readonly out?: string;
  readonly json: boolean;
}

export function define(command: Command): void {
  command
    .option('--epochs <n>', 'passes over the pictures', integer('--epochs', 1, 1000), 10)
    .option('--seed <n>', 'everything random comes from it', integer('--seed', 0), 0)
    .option('--out <dir>', 'run folder (runs/demo)', path('--out'));
  withExamples(withJsonFlag(withEngineFlags(command)), 'demo', 'demo --epochs 3 --threads 2').action(
    async (flags: DemoFlags) => {
      const { demo } = await import('./run.ts');
      await demo(flags);
    },
  );
}
