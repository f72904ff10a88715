import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { takeOverHelp, withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { withPictureFlags } from '../flags/pictures.ts';
import { integer, oneOf, path } from '../flags/values.ts';
import type { StudyFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('[name]', 'which comparison of the paper; all are listed without it')
    .option(
      '--data <dir>',
      'pictures, as for `cardinal train` (small: those that are bundled)',
      path('--data'),
    )
    .option(
      '--scale <scale>',
      "small: minutes on two cores; paper: the paper's own setting",
      oneOf('--scale', ['small', 'paper']),
      'small' as const,
    )
    .option('--seeds <n>', "runs of each network (the study's)", integer('--seeds', 1, 1000))
    .option('--epochs <n>', "passes over the pictures (the scale's)", integer('--epochs', 1, 100_000))
    .option(
      '--pictures <n>',
      "training pictures, as many of each class (the scale's)",
      integer('--pictures', 1),
    )
    .option('--resume', 'go on with the runs that are there', false)
    .option('--take-over', takeOverHelp)
    .option(
      '--no-verify',
      'with --resume: go on from checkpoints though their checksums say that they are damaged',
    )
    .option('--dry-run', 'print what would run, what it costs and how long it takes', false)
    .option('--runs <dir>', 'where the runs are kept (runs/study-<name>-<scale>)', path('--runs'))
    .option(
      '--out <dir>',
      'where the table and the page are written (the folder of the runs)',
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
