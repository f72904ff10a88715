import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withPictureFlags } from '../flags/pictures.ts';
import { path } from '../flags/values.ts';
import { weightsFileArgument } from '../flags/weights.ts';
import type { InspectDataFlags } from './data.ts';

export function define(command: Command): void {
  command
    .argument('<file>', `${weightsFileArgument}; or data: whatever cardinal train takes`, path('file'))
    .option('--decode', 'of data: decode every picture, and list those that are damaged', false);
  withExamples(
    withJsonFlag(withPictureFlags(command)),
    'inspect resnet20-12fca82f.th',
    'inspect runs/demo/last.safetensors --json',
    'inspect hf:timm/resnext50_32x4d.tv_in1k',
    'inspect photos',
    "inspect 'shards/train-{000000..000099}.tar' --decode",
  ).action(async (file: string, flags: InspectDataFlags) => {
    const { isData } = await import('../../node/data/is-data.ts');
    if (await isData(file)) {
      const { inspectData } = await import('./data.ts');
      await inspectData(file, flags);
      return;
    }
    if (flags.decode) throw new UsageError(`--decode is for data, and ${file} is none`);
    const { inspect } = await import('./run.ts');
    await inspect(file, flags);
  });
}
