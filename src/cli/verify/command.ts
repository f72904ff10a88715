import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { path } from '../flags/values.ts';
import type { VerifyFlags } from './run.ts';

export function define(command: Command): void {
  command.argument(
    '<path>',
    'run folder, study folder, weights file (.safetensors, .pth, .pt), or a folder of these',
    path('path'),
  );
  withExamples(
    withJsonFlag(command),
    'verify runs/demo',
    'verify runs/demo/best.safetensors',
    'verify resnet20-12fca82f.th --json',
  ).action(async (given: string, flags: VerifyFlags) => {
    const { verifyPath } = await import('./run.ts');
    await verifyPath(given, flags);
  });
}
