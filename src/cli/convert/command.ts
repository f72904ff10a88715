import { type Command, Option } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { oneOf, path } from '../flags/values.ts';
import { weightsFileArgument, withWeightsFlags } from '../flags/weights.ts';
import type { ConvertFlags } from './run.ts';

export function define(command: Command): void {
  withWeightsFlags(
    command
      .argument('<in>', weightsFileArgument, path('in'))
      .argument('<out>', 'file to write: .safetensors, or .pth or .pt for PyTorch', path('out')),
  )
    .addOption(
      new Option(
        '--form <form>',
        "form of the ResNeXt blocks: a, b or c of the paper's Figure 3 (default: the file's)",
      ).argParser(oneOf('--form', ['a', 'b', 'c'])),
    )
    .addOption(
      new Option(
        '--names <program>',
        'write the names that torchvision has for this network (default: ours, which are mostly those of timm)',
      ).argParser(oneOf('--names', ['torchvision'])),
    )
    .option(
      '--classes <file>',
      "class names to store, one per line or JSON (default: the file's)",
      path('--classes'),
    )
    .option('--licence <id>', "licence of the weights to store, such as BSD-3-Clause (default: the file's)")
    .option('--origin <text>', "origin of the weights to store (default: the file's)");
  withExamples(
    withJsonFlag(command),
    'convert resnet20-12fca82f.th resnet20.safetensors',
    'convert resnet20-12fca82f.th resnet20.safetensors --model resnet20_cifar --licence BSD-2-Clause',
    'convert runs/demo/best.safetensors demo.pth',
    'convert runs/demo/best.safetensors paths.safetensors --form a',
    'convert runs/mobile/best.safetensors mobile.pth --names torchvision',
  ).action(async (from: string, to: string, flags: ConvertFlags) => {
    const { convert } = await import('./run.ts');
    await convert(from, to, flags);
  });
}
