import { Option, type Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { augmentationNames } from '../../data/augmentation-names.ts';
import { recipeNames } from '../../train/recipe-names.ts';
import { whenContinued, type WhenContinued } from '../../run/training/continuing.ts';
import type { TrainFlags } from './flags.ts';
import { takeOverHelp, withExamples, withJsonFlag } from '../flags/common.ts';
import { checkpointActivationsHelp, withEngineFlags } from '../flags/engine.ts';
import { strictHelp, withPictureFlags } from '../flags/pictures.ts';
import { factors, integer, number, oneOf, path, perChannel } from '../flags/values.ts';
import { lossFlag } from '../flags/loss.ts';
import { weightsArgument, withFitFlags, withSetFlag } from '../flags/weights.ts';

/** Flags of `--resume` that are no option of a run; the run has its own network, so --model may only name that. */
const besideResume: readonly string[] = ['resume', 'model', 'json', 'verbose'];

/** Options that flags call otherwise. */
const optionNames: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  lrScale: 'learningRateScale',
  syncBn: 'syncBatchNorm',
};

/** Flags that say nothing to a classifier that is trained on features which are there. */
const notForProbe: readonly string[] = [
  ...[
    'resume',
    'takeOver',
    'head',
    'freeze',
    'unfreezeAt',
    'lrScale',
    'layerDecay',
    'repeats',
    'recipe',
    'accumulate',
    'mixup',
    'cutmix',
    'augment',
  ],
  ...['balance', 'checkpointEvery', 'checkpointMinutes', 'checkpointActivations', 'syncBn'],
];

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
      'folder with class folders (or train, val and test folders of them), CIFAR binary or IDX files',
      path('data'),
    )
    .option('--model <name>', 'name of the network, see `cardinal models`')
    .option('--weights <file>', `start from these weights: ${weightsArgument}`, path('--weights'))
    .option(
      '--head <what>',
      'classifier of --weights: keep, or reset it for other classes',
      oneOf('--head', ['keep', 'reset']),
      'keep' as const,
    )
    .option(
      '--freeze <pattern...>',
      'freeze these modules or parameters: names, with * and ?; or backbone, all but the classifier',
    );
  command.option(
    '--unfreeze-at <epoch>',
    'train everything from this epoch on; until then what --freeze names is frozen (default: backbone)',
    integer('--unfreeze-at', 2, 100_000),
  );
  command.option(
    '--probe',
    'linear probe: compute the features of --weights once and train a new classifier on them, in seconds',
  );
  withFitFlags(withSetFlag(command))
    .option('--recipe <name>', `training recipe: ${recipeNames.join(', ')}`, 'quick')
    .option('--epochs <n>', "number of epochs (default: the recipe's)", integer('--epochs', 1, 100_000))
    .option('--batch-size <n>', "batch size (default: the recipe's)", integer('--batch-size', 1, 65_536))
    .option('--lr <x>', "peak learning rate (default: the recipe's)", number('--lr', { above: 0 }))
    .option(
      '--lr-scale <pattern=x...>',
      'multiply the learning rate of these modules or parameters; the last pattern that matches counts',
      factors('--lr-scale'),
    )
    .option(
      '--layer-decay <x>',
      'layer-wise learning rates, for --weights: each block learns at x times the rate of the next one; 0.7 to 0.9 is usual',
      number('--layer-decay', { above: 0, most: 1 }),
    )
    .option(
      '--weight-decay <x>',
      "weight decay (default: the recipe's)",
      number('--weight-decay', { above: 0, inclusive: true }),
    )
    .option(
      '--label-smoothing <x>',
      "label smoothing: share of the target spread over all classes (default: the recipe's)",
      number('--label-smoothing', { above: 0, below: 1, inclusive: true }),
    )
    .option('--clip-norm <x>', 'clip the gradient norm to this value', number('--clip-norm', { above: 0 }))
    .option(
      '--accumulate <n>',
      'split each batch into n micro-batches and accumulate their gradients',
      integer('--accumulate', 1, 65_536),
    )
    .option(
      '--ema <decay>',
      'keep an exponential moving average of the weights, with this decay',
      number('--ema', { above: 0, below: 1 }),
    )
    .option(
      '--mixup <alpha>',
      'mixup: blend pairs of pictures and their labels',
      number('--mixup', { above: 0 }),
    )
    .option(
      '--cutmix <alpha>',
      'CutMix: paste a patch of another picture and mix the labels',
      number('--cutmix', { above: 0 }),
    )
    .option(
      '--augment <how>',
      `augment pictures: ${augmentationNames.join(', ')}; the last three are crop-flip and then RandAugment, AutoAugment or TrivialAugment (default: the recipe's, or crop-flip for photos)`,
      oneOf('--augment', augmentationNames),
    )
    .option(
      '--repeats <n>',
      'repeated augmentation: each picture is n times in its batch, augmented differently',
      integer('--repeats', 1, 64),
    )
    .option(
      '--labels <file>',
      'read labels from this CSV or JSON file, not from folders: several classes a picture, or numbers; see docs/data.md',
      path('--labels'),
    )
    .option(
      '--loss <name>',
      'loss: cross-entropy, bce, mse or focal, with options as in focal:gamma=2,alpha=0.25 or bce:pos-weight=3 (default: as suits the labels)',
      lossFlag,
    )
    .addOption(
      new Option(
        '--balance [how]',
        'balance uneven classes or labels: sampling draws each equally often, loss weights its pictures',
      )
        .preset('sampling')
        .argParser(oneOf('--balance', ['sampling', 'loss'])),
    )
    .option(
      '--patience <epochs>',
      'stop early after this many epochs without improvement on the validation pictures',
      integer('--patience', 1),
    )
    .option(
      '--image-size <n>',
      "height and width of the input (default: the pictures' own, or the network's)",
      integer('--image-size', 8, 4096),
    )
    .option(
      '--mean <list>',
      'mean of each channel, in [0, 1] (default: measured on the pictures)',
      perChannel('--mean', false),
    )
    .option(
      '--std <list>',
      'standard deviation of each channel (default: measured on the pictures)',
      perChannel('--std', true),
    )
    .option(
      '--val-fraction <x>',
      'share of the training pictures to hold out if the data has no validation split',
      number('--val-fraction', { above: 0, below: 1, inclusive: true }),
      0.1,
    )
    .option(
      '--seed <n>',
      'random seed for weights, splits, shuffling and augmentation',
      integer('--seed', 0),
      0,
    )
    .option('--strict', strictHelp, false)
    .option(
      '--checkpoint-every <steps>',
      'write a checkpoint every so many steps, not only after each epoch',
      integer('--checkpoint-every', 1),
    )
    .option(
      '--checkpoint-minutes <n>',
      'also write one this many minutes after the last, 0 for never (default: 5)',
      number('--checkpoint-minutes', { above: 0, inclusive: true }),
    )
    .option('--checkpoint-activations', checkpointActivationsHelp)
    .option('--no-checkpoint-activations', 'keep all activations, in a continued run that recomputed them')
    .option('--sync-bn', 'under mpirun: batch norms take the statistics of all ranks, which is the default')
    .option('--no-sync-bn', 'under mpirun: batch norms take the statistics of the rank alone')
    .option('--out <dir>', 'run folder (default: runs/<model>-<data>)', path('--out'))
    .option(
      '--resume <dir>',
      'continue the run in this folder with its own settings; add --epochs to train it for longer. auto: continue the run in --out if there is one, else begin it',
      path('--resume'),
    )
    .option('--take-over', takeOverHelp);
  withExamples(
    withJsonFlag(withEngineFlags(withPictureFlags(command))),
    'train photos --model resnext50_32x4d --recipe imagenet --epochs 90',
    'train cifar-10-batches-bin --model resnext29_8x64d_cifar --recipe cifar',
    'train data/fashion-mnist-sample --model resnext_cifar --epochs 5 --set layers=1,1,1 baseWidth=8',
    'train photos --weights runs/cifar/best.safetensors --head reset --freeze backbone --lr 0.01',
    'train photos --weights hf:timm/resnext50_32x4d.a1_in1k --head reset --lr-scale "*=0.1" fc=1',
    'train photos --weights hf:timm/convnext_tiny.fb_in1k --head reset --layer-decay 0.8 --augment rand',
    'train photos --weights hf:timm/resnext50_32x4d.a1_in1k --head reset --unfreeze-at 4',
    'train photos --weights hf:timm/resnext50_32x4d.a1_in1k --probe',
    'train photos --labels labels.csv --model resnext50_32x4d',
    'train --resume runs/resnext50_32x4d-photos',
    'train --resume runs/resnext50_32x4d-photos --epochs 120',
    'train photos --model resnext50_32x4d --out runs/photos --resume auto',
  ).action(async (data: string | undefined, flags: TrainFlags) => {
    const { resume } = flags;
    const work = await import('./run.ts');
    const given = Object.keys(flags).filter((key) => command.getOptionValueSource(key) === 'cli');
    const asked = Object.fromEntries(Object.entries(flags).filter(([key]) => given.includes(key)));
    if (resume !== undefined && resume !== 'auto') {
      const other = given.find((key) => !isResumable(key));
      if (data !== undefined || other !== undefined) {
        const extra = data ?? flagName(command, other ?? '');
        throw new UsageError(`--resume: the run has its own data and settings, leave out ${extra}`);
      }
      await work.resumeTraining(resume, flags, asked);
      return;
    }
    if (data === undefined) throw new UsageError('the data is missing: cardinal train <data> --model <name>');
    if (flags.probe === true) {
      const other = given.find((key) => notForProbe.includes(key));
      if (other !== undefined) {
        throw new UsageError(
          `--probe: only a classifier is trained, on features of pictures as they are, leave out ${flagName(command, other)}`,
        );
      }
      await work.startProbe(data, asked);
      return;
    }
    if (resume === undefined) {
      await work.startTraining(data, flags);
      return;
    }
    const { out } = flags;
    if (out === undefined) {
      throw new UsageError('--resume auto: name the run folder with --out, so that it is found again');
    }
    await work.startOrResumeTraining(data, out, flags, asked);
  });
}

function flagName(command: Command, key: string): string {
  return command.options.find((option) => option.attributeName() === key)?.long ?? key;
}
