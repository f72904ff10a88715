import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { path } from '../flags/values.ts';
import type { PackFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<run>', 'run folder', path('run'))
    .argument(
      '<file>',
      'zip file to write: importRun takes it in a page, cardinal unpack anywhere',
      path('file'),
    );
  withExamples(withJsonFlag(command), 'pack runs/pets pets.zip').action(
    async (run: string, file: string, flags: PackFlags) => {
      const { pack } = await import('./run.ts');
      await pack(run, file, flags);
    },
  );
}
