import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { integer, path } from '../flags/values.ts';
import type { PackFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<source>', 'run folder; with --shards, data: whatever cardinal train takes', path('source'))
    .argument(
      '[file]',
      'zip file to write of a run: importRun takes it in a page, cardinal unpack anywhere',
      path('file'),
    )
    .option(
      '--shards <n>',
      'pack data into so many tar archives of training pictures, as WebDataset reads them',
      integer('--shards', 1, 999_999),
    )
    .option(
      '--labels <file>',
      'with --shards: labels from this CSV or JSON file, as in train; each picture gets its own in a .json',
      path('--labels'),
    )
    .option('--out <dir>', 'with --shards: folder to make (default: <source>-shards)', path('--out'))
    .option('--seed <n>', 'with --shards: decides which picture goes where', integer('--seed', 0), 0);
  withExamples(
    withJsonFlag(command),
    'pack runs/pets pets.zip',
    'pack photos --shards 100',
    'pack cifar-10-batches-bin --shards 10 --out shards/cifar',
  ).action(async (source: string, file: string | undefined, flags: PackFlags) => {
    if (flags.shards !== undefined) {
      if (file !== undefined) throw new UsageError(`--shards: name the folder with --out, leave out ${file}`);
      const { packData } = await import('./shards.ts');
      await packData(source, { ...flags, shards: flags.shards });
      return;
    }
    if (flags.labels !== undefined)
      throw new UsageError('--labels is for --shards: a run has its labels in its settings');
    if (flags.out !== undefined) throw new UsageError('--out is for --shards: a run is packed into <file>');
    if (file === undefined) {
      throw new UsageError('the file to write is missing: cardinal pack <run> <file>, or --shards for data');
    }
    const { pack } = await import('./run.ts');
    await pack(source, file, flags);
  });
}
