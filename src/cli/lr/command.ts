import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { lossFlag } from '../flags/loss.ts';
import { withPictureFlags } from '../flags/pictures.ts';
import { integer, number, oneOf, path } from '../flags/values.ts';
import { weightsArgument, withFitFlags, withSetFlag } from '../flags/weights.ts';
import type { LrFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<data>', 'folder with class folders, CIFAR binary or IDX files', path('data'))
    .option('--model <name>', 'name of the network, see `cardinal models`')
    .option('--weights <file>', `start from these weights: ${weightsArgument}`, path('--weights'))
    .option(
      '--head <what>',
      'classifier of --weights: keep, or reset it for other classes',
      oneOf('--head', ['keep', 'reset']),
    )
    .option('--freeze <pattern...>', 'freeze these modules or parameters, or backbone, as in train');
  withFitFlags(withSetFlag(command))
    .option(
      '--labels <file>',
      'read labels from this CSV or JSON file, not from folders, as in train',
      path('--labels'),
    )
    .option('--loss <name>', 'loss, as in train (default: as suits the labels)', lossFlag)
    .option('--recipe <name>', 'training recipe, for its optimiser and batches', 'quick')
    .option('--batch-size <n>', "batch size (default: the recipe's)", integer('--batch-size', 1, 65_536))
    .option('--image-size <n>', 'height and width of the input', integer('--image-size', 8, 4096))
    .option('--seed <n>', 'random seed for weights, shuffling and augmentation', integer('--seed', 0), 0)
    .option('--from <x>', 'first learning rate', number('--from', { above: 0 }), 1e-6)
    .option('--to <x>', 'last learning rate', number('--to', { above: 0 }), 10)
    .option('--steps <n>', 'optimiser steps', integer('--steps', 3, 100_000), 100)
    .option('--out <file>', 'chart to write, a page of HTML', path('--out'), 'lr.html');
  withExamples(
    withJsonFlag(withEngineFlags(withPictureFlags(command))),
    'lr photos --model resnext50_32x4d',
    'lr photos --weights hf:timm/resnext50_32x4d.a1_in1k --head reset --freeze backbone',
    'lr data/fashion-mnist-sample --model resnext_cifar --set layers=1,1,1 --recipe cifar --to 3',
  ).action(async (data: string, flags: LrFlags) => {
    const { findLearningRate } = await import('./run.ts');
    await findLearningRate(data, flags);
  });
}
