import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import type { ModelsFlags } from './run.ts';

export function define(command: Command): void {
  command.argument('[pattern]', 'part of a name, or a pattern with * and ?');
  withExamples(withJsonFlag(command), 'models', 'models resnext', "models 'resnet*_cifar' --json").action(
    async (pattern: string | undefined, flags: ModelsFlags) => {
      const { listNetworks } = await import('./run.ts');
      listNetworks(pattern, flags);
    },
  );
}
