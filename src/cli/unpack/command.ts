import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { path } from '../flags/values.ts';
import type { UnpackFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<file>', 'zip file of a run: of exportRun in a page, or of cardinal pack', path('file'))
    .argument('<run>', 'folder for the run, empty or not there', path('run'));
  withExamples(withJsonFlag(command), 'unpack pets.zip runs/pets').action(
    async (file: string, run: string, flags: UnpackFlags) => {
      const { unpack } = await import('./run.ts');
      await unpack(file, run, flags);
    },
  );
}
