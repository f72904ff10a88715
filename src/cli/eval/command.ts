import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { strictHelp, withPictureFlags } from '../flags/pictures.ts';
import { integer, oneOf, path } from '../flags/values.ts';
import { weightsArgument, withWeightsFlags } from '../flags/weights.ts';
import type { EvalFlags } from './run.ts';

export function define(command: Command): void {
  withWeightsFlags(
    command
      .argument('<weights>', weightsArgument, path('weights'))
      .argument('<data>', 'folder with class folders, CIFAR binary or IDX files', path('data')),
  )
    .option(
      '--split <name>',
      'train, val (or what training held out), test, or all (default: test, or val if there is none)',
      oneOf('--split', ['train', 'val', 'test', 'all']),
    )
    .option(
      '--labels <file>',
      'labels of the pictures, CSV or JSON, for weights of labels or numbers',
      path('--labels'),
    )
    .option(
      '--calibrate',
      'find the temperature by which probabilities fit what is right, and write it into the checkpoint (default split: val)',
    )
    .option('--out <file>', 'with --calibrate: write the calibrated checkpoint here instead', path('--out'))
    .option(
      '--mislabels <file>',
      'write pictures whose labels are probably wrong as CSV; those that weights were trained on are judged too kindly',
      path('--mislabels'),
    )
    .option('--batch-size <n>', 'batch size', integer('--batch-size', 1, 65_536), 64)
    .option('--strict', strictHelp, false);
  withExamples(
    withJsonFlag(withEngineFlags(withPictureFlags(command))),
    'eval runs/demo/best.safetensors data/fashion-mnist-sample',
    'eval runs/photos/best.safetensors photos --split val --json',
    'eval runs/photos/best.safetensors photos --calibrate',
    'eval runs/photos/best.safetensors photos --split all --mislabels suspects.csv',
    'eval resnet20-12fca82f.th cifar-10-batches-bin --model resnet20_cifar',
    'eval hf:timm/resnext50_32x4d.tv_in1k imagenet',
  ).action(async (weights: string, data: string, flags: EvalFlags) => {
    const { evaluateWeights } = await import('./run.ts');
    await evaluateWeights(weights, data, flags);
  });
}
