import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { path } from '../flags/values.ts';
import { weightsFileArgument } from '../flags/weights.ts';
import type { InspectFlags } from './run.ts';

export function define(command: Command): void {
  command.argument('<file>', weightsFileArgument, path('file'));
  withExamples(
    withJsonFlag(command),
    'inspect resnet20-12fca82f.th',
    'inspect runs/demo/last.safetensors --json',
    'inspect hf:timm/resnext50_32x4d.tv_in1k',
  ).action(async (file: string, flags: InspectFlags) => {
    const { inspect } = await import('./run.ts');
    await inspect(file, flags);
  });
}
