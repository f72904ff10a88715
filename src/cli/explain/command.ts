import { Option, type Command } from 'commander';
import { pictureFormatTitles } from '../../data/picture-format.ts';
import { withExamples } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { withPictureFlags } from '../flags/pictures.ts';
import { integer, oneOf, path } from '../flags/values.ts';
import { weightsArgument, withWeightsFlags } from '../flags/weights.ts';
import type { ExplainFlags } from './run.ts';

export function define(command: Command): void {
  withWeightsFlags(
    command
      .argument('<weights>', weightsArgument, path('weights'))
      .argument(
        '<image...>',
        `pictures (${pictureFormatTitles}), folders, searched recursively, or - for one picture from standard input`,
      )
      .option(
        '--out <folder>',
        'folder for a PNG of each picture with what speaks for the class over it, and explanations.json',
        path('--out'),
      )
      .option(
        '--html <file>',
        'one page of all pictures: overlay, likeliest classes, paths of each block',
        path('--html'),
      ),
  )
    .addOption(
      new Option(
        '--method <name>',
        'how to find what speaks for the class: grad-cam by its gradient, occlusion by covering one part after the other (slower)',
      )
        .argParser(oneOf('--method', ['grad-cam', 'occlusion']))
        .default('grad-cam'),
    )
    .option(
      '--paths',
      'what each path of a ResNeXt block contributes: its size, and what the class loses without it',
      false,
    )
    .option('--class <name or label>', 'class to look for (default: the most likely one of each picture)')
    .option(
      '--classes <file>',
      "class names, one per line or JSON (default: the checkpoint's)",
      path('--classes'),
    )
    .option(
      '--size <n>',
      'longer side of the PNGs in pixels (default: that of the picture, from 256 to 1024)',
      integer('--size', 1, 1024),
    );
  withExamples(
    withEngineFlags(withPictureFlags(command)),
    'explain runs/demo/best.safetensors shoe.png --out why',
    'explain best.safetensors photos --out why --class orange',
    'explain best.safetensors shoe.png --method occlusion --paths --html why.html',
    'explain hf:timm/resnext50_32x4d.tv_in1k cat.jpg --out why',
  ).action(async (weights: string, images: readonly string[], flags: ExplainFlags) => {
    const { explain } = await import('./run.ts');
    await explain(weights, images, flags);
  });
}
