import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { takeOverHelp, withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { withPictureFlags } from '../flags/pictures.ts';
import { integer, oneOf, path } from '../flags/values.ts';
import type { StudyFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('[name]', 'name of the comparison (default: list them)')
    .option(
      '--data <dir>',
      'pictures, as for `cardinal train` (default with --scale small: the bundled ones)',
      path('--data'),
    )
    .option(
      '--scale <scale>',
      "small: minutes on two cores; paper: the paper's own setting",
      oneOf('--scale', ['small', 'paper']),
      'small' as const,
    )
    .option('--seeds <n>', "number of runs per network (default: the study's)", integer('--seeds', 1, 1000))
    .option('--epochs <n>', "number of epochs (default: the scale's)", integer('--epochs', 1, 100_000))
    .option(
      '--pictures <n>',
      "number of training pictures, balanced over the classes (default: the scale's)",
      integer('--pictures', 1),
    )
    .option('--resume', 'continue with the runs that are already there', false)
    .option('--take-over', takeOverHelp)
    .option('--no-verify', 'with --resume: continue from checkpoints even if their checksums do not match')
    .option('--dry-run', 'print what would run, its cost and the expected time', false)
    .option('--runs <dir>', 'folder of the runs (default: runs/study-<name>-<scale>)', path('--runs'))
    .option(
      '--out <dir>',
      'folder to write the table and the page to (default: the folder of the runs)',
      path('--out'),
    );
  withExamples(
    withJsonFlag(withEngineFlags(withPictureFlags(command))),
    'study',
    'study table3 --data cifar-10-batches-bin --dry-run',
    'study table3 --data cifar-10-batches-bin --seeds 5',
    'study table3 --resume',
    'study figure7 --data cifar-10-batches-bin --scale paper --dry-run',
  ).action(async (name: string | undefined, flags: StudyFlags) => {
    if (flags.takeOver === true && !flags.resume) throw new UsageError('--take-over is for --resume');
    const work = await import('./run.ts');
    if (name === undefined) work.listStudies(flags);
    else await work.study(name, flags);
  });
}
