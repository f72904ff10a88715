import type { Command } from 'commander';
import { pictureFormatTitles } from '../../data/picture-format.ts';
import type { EngineFlags, WeightsFlags } from '../flags.ts';
import {
  integer,
  path,
  weightsArgument,
  withEngineFlags,
  withExamples,
  withJsonFlag,
  withWeightsFlags,
} from '../flags.ts';

export interface PredictFlags extends EngineFlags, WeightsFlags {
  readonly classes?: string;
  readonly top: number;
  readonly json: boolean;
}

export function define(command: Command): void {
  withWeightsFlags(
    command
      .argument('<weights>', weightsArgument, path('weights'))
      .argument('<image...>', `pictures: ${pictureFormatTitles}`),
  )
    .option(
      '--classes <file>',
      "names of the classes: a line each, or JSON (the checkpoint's)",
      path('--classes'),
    )
    .option('--top <k>', 'how many classes to name', integer('--top', 1, 1000), 3);
  withExamples(
    withJsonFlag(withEngineFlags(command)),
    'predict runs/demo/best.safetensors shoe.png',
    'predict best.safetensors photos/*.jpg --top 5 --json',
    'predict resnext50_32x4d.pth cat.jpg --model resnext50_32x4d --classes imagenet_class_index.json',
  ).action(async (weights: string, images: readonly string[], flags: PredictFlags) => {
    const { predict } = await import('../predict-command.ts');
    await predict(weights, images, flags);
  });
}
