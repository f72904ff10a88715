import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { strictHelp, withPictureFlags } from '../flags/pictures.ts';
import { integer, oneOf, path } from '../flags/values.ts';
import { weightsArgument, withWeightsFlags } from '../flags/weights.ts';
import type { FeaturesFlags } from './run.ts';

export function define(command: Command): void {
  withWeightsFlags(
    command
      .argument('<weights>', weightsArgument, path('weights'))
      .argument('<data>', 'folder with class folders, CIFAR binary or IDX files', path('data')),
  )
    .requiredOption(
      '--out <file>',
      'file to write: .csv; .parquet; or .npy, with labels in .labels.npy and classes and paths in .pictures.json beside it',
      path('--out'),
    )
    .option(
      '--split <name>',
      'train, val (or what training held out), test, or all',
      oneOf('--split', ['train', 'val', 'test', 'all']),
      'all' as const,
    )
    .option('--batch-size <n>', 'batch size', integer('--batch-size', 1, 65_536), 64)
    .option('--strict', strictHelp, false);
  withExamples(
    withJsonFlag(withEngineFlags(withPictureFlags(command))),
    'features runs/photos/best.safetensors photos --out photos.parquet',
    'features hf:timm/resnext50_32x4d.a1_in1k photos --split train --out train.npy',
    'features resnext50_32x4d.pth photos --model resnext50_32x4d --out photos.csv --json',
  ).action(async (weights: string, data: string, flags: FeaturesFlags) => {
    const { writeFeatures } = await import('./run.ts');
    await writeFeatures(weights, data, flags);
  });
}
