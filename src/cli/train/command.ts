import { Option, type Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { augmentationNames } from '../../data/augmentations.ts';
import { whenContinued, type WhenContinued } from '../../node/training/continuing.ts';
import type { TrainFlags } from './flags.ts';
import { takeOverHelp, withExamples, withJsonFlag } from '../flags/common.ts';
import { checkpointActivationsHelp, withEngineFlags } from '../flags/engine.ts';
import { strictHelp, withPictureFlags } from '../flags/pictures.ts';
import { integer, number, oneOf, path, perChannel } from '../flags/values.ts';
import { weightsArgument, withFitFlags, withSetFlag } from '../flags/weights.ts';

/** Flags of `--resume` that are no option of a run; the run has its own network, so --model may only name that. */
const besideResume: readonly string[] = ['resume', 'model', 'json', 'verbose'];

/** Options that flags call otherwise. */
const optionNames: Readonly<Record<string, string>> = { lr: 'learningRate' };

/** Whether a flag may be given beside `--resume`; what it says is compared with the run's own where it must be the same. */
function isResumable(key: string): boolean {
  if (key === 'out') return false;
  const rules: Readonly<Record<string, WhenContinued>> = whenContinued;
  const option = optionNames[key] ?? key;
  return besideResume.includes(key) || ['free', 'kept', 'own'].includes(rules[option] ?? 'begin');
}

export function define(command: Command): void {
  command
    .argument(
      '[data]',
      'a folder of class folders (train, val, test inside or not), CIFAR binary or IDX files',
      path('data'),
    )
    .option('--model <name>', 'what to train, see `cardinal models`')
    .option('--weights <file>', `begin with these: ${weightsArgument}`, path('--weights'))
    .option(
      '--head <what>',
      'the classifier of --weights: keep, or reset for other classes',
      oneOf('--head', ['keep', 'reset']),
      'keep' as const,
    )
    .option(
      '--freeze <pattern...>',
      'leave these parts as they are: names of modules or parameters, with * and ?',
    );
  withFitFlags(withSetFlag(command))
    .option('--recipe <name>', 'imagenet, cifar or quick', 'quick')
    .option('--epochs <n>', "passes over the pictures (the recipe's)", integer('--epochs', 1, 100_000))
    .option('--batch-size <n>', "pictures a step (the recipe's)", integer('--batch-size', 1, 65_536))
    .option('--lr <x>', "largest learning rate (the recipe's)", number('--lr', { above: 0 }))
    .option(
      '--weight-decay <x>',
      "of weights (the recipe's)",
      number('--weight-decay', { above: 0, inclusive: true }),
    )
    .option(
      '--label-smoothing <x>',
      "share of the target spread over all classes (the recipe's)",
      number('--label-smoothing', { above: 0, below: 1, inclusive: true }),
    )
    .option('--clip-norm <x>', 'scale gradients down to this norm', number('--clip-norm', { above: 0 }))
    .option('--accumulate <n>', 'run each batch in n parts', integer('--accumulate', 1, 65_536))
    .option('--ema <decay>', 'keep a moving average of the weights', number('--ema', { above: 0, below: 1 }))
    .option('--mixup <alpha>', 'mix pictures and labels', number('--mixup', { above: 0 }))
    .option('--cutmix <alpha>', 'paste parts of other pictures', number('--cutmix', { above: 0 }))
    .option(
      '--augment <how>',
      `augment pictures: ${augmentationNames.join(', ')} (the recipe's; crop-flip for photos)`,
      oneOf('--augment', augmentationNames),
    )
    .addOption(
      new Option(
        '--balance [how]',
        'for uneven classes: sampling shows each equally often, loss weights its pictures',
      )
        .preset('sampling')
        .argParser(oneOf('--balance', ['sampling', 'loss'])),
    )
    .option(
      '--patience <epochs>',
      'stop when validation has not improved for so long',
      integer('--patience', 1),
    )
    .option(
      '--image-size <n>',
      "side of the square input (the pictures' own, or the network's)",
      integer('--image-size', 8, 4096),
    )
    .option(
      '--mean <list>',
      'of each channel, in [0, 1] (measured on the pictures)',
      perChannel('--mean', false),
    )
    .option('--std <list>', 'of each channel (measured on the pictures)', perChannel('--std', true))
    .option(
      '--val-fraction <x>',
      'share held out where the data has no validation pictures',
      number('--val-fraction', { above: 0, below: 1, inclusive: true }),
      0.1,
    )
    .option('--seed <n>', 'everything random comes from it', integer('--seed', 0), 0)
    .option('--strict', strictHelp, false)
    .option(
      '--checkpoint-every <steps>',
      'write a checkpoint after so many steps, not only after each epoch',
      integer('--checkpoint-every', 1),
    )
    .option(
      '--checkpoint-minutes <n>',
      'and this many minutes after the last one, 0 for never (5)',
      number('--checkpoint-minutes', { above: 0, inclusive: true }),
    )
    .option('--checkpoint-activations', checkpointActivationsHelp)
    .option('--no-checkpoint-activations', 'keep them all, in a continued run that did not')
    .option('--out <dir>', 'run folder (runs/<model>-<data>)', path('--out'))
    .option(
      '--resume <dir>',
      'continue the run in this folder, with its own settings; with --epochs for longer',
      path('--resume'),
    )
    .option('--take-over', takeOverHelp);
  withExamples(
    withJsonFlag(withEngineFlags(withPictureFlags(command))),
    'train photos --model resnext50_32x4d --recipe imagenet --epochs 90',
    'train cifar-10-batches-bin --model resnext29_8x64d_cifar --recipe cifar',
    'train data/fashion-mnist-sample --model resnext_cifar --epochs 5 --set layers=1,1,1 baseWidth=8',
    'train photos --weights runs/cifar/best.safetensors --head reset --freeze conv1 bn1 --lr 0.001',
    'train --resume runs/resnext50_32x4d-photos',
    'train --resume runs/resnext50_32x4d-photos --epochs 120',
  ).action(async (data: string | undefined, flags: TrainFlags) => {
    const { resume } = flags;
    const work = await import('./run.ts');
    if (resume !== undefined) {
      const given = Object.keys(flags).filter((key) => command.getOptionValueSource(key) === 'cli');
      const other = given.find((key) => !isResumable(key));
      if (data !== undefined || other !== undefined) {
        const extra = data ?? flagName(command, other ?? '');
        throw new UsageError(`--resume: the run has its own data and settings, leave out ${extra}`);
      }
      const asked = Object.fromEntries(Object.entries(flags).filter(([key]) => given.includes(key)));
      await work.resumeTraining(resume, flags, asked);
      return;
    }
    if (data === undefined) throw new UsageError('the data is missing: cardinal train <data> --model <name>');
    await work.startTraining(data, flags);
  });
}

function flagName(command: Command, key: string): string {
  return command.options.find((option) => option.attributeName() === key)?.long ?? key;
}
