import type { Command } from 'commander';
import { pictureFormatTitles } from '../../data/picture-format.ts';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { withPictureFlags } from '../flags/pictures.ts';
import { integer, path } from '../flags/values.ts';
import { weightsArgument, withWeightsFlags } from '../flags/weights.ts';
import type { PredictFlags } from './run.ts';

export function define(command: Command): void {
  withWeightsFlags(
    command
      .argument('<weights>', weightsArgument, path('weights'))
      .argument(
        '<image...>',
        `pictures (${pictureFormatTitles}), folders, searched recursively, or - for one picture from standard input`,
      ),
  )
    .option(
      '--classes <file>',
      "class names, one per line or JSON (default: the checkpoint's)",
      path('--classes'),
    )
    .option(
      '--top <k>',
      'number of classes to list (default: 3, of labels those with a probability over 0.5)',
      integer('--top', 1, 1000),
    )
    .option(
      '--csv',
      'print CSV, one row per picture: image, class, probability, class_2, probability_2, …; names that a spreadsheet would take for a formula (=…) get an apostrophe in front',
      false,
    )
    .option('--jsonl', 'print one line of JSON per picture, as soon as it is classified', false);
  withExamples(
    withJsonFlag(withEngineFlags(withPictureFlags(command))),
    'predict runs/demo/best.safetensors shoe.png',
    'predict best.safetensors photos --top 1 --csv > photos.csv',
    'predict best.safetensors photos/*.jpg --top 5 --jsonl',
    'predict best.safetensors - < cat.jpg',
    'predict resnext50_32x4d.pth cat.jpg --model resnext50_32x4d --classes imagenet_class_index.json',
  ).action(async (weights: string, images: readonly string[], flags: PredictFlags) => {
    const { predict } = await import('./run.ts');
    await predict(weights, images, flags);
  });
}
