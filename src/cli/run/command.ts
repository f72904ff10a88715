import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { path } from '../flags/values.ts';
import { withFitFlags, withSetFlag } from '../flags/weights.ts';
import type { RunFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<model>', 'name of a network, see `cardinal models`')
    .requiredOption(
      '--weights <file>',
      'weights: .safetensors, .pth, .pt, or hf:owner/repo',
      path('--weights'),
    )
    .requiredOption(
      '--input <file>',
      'safetensors with input (f32 N×C×H×W) and, for --gradients, target (i64 N)',
      path('--input'),
    )
    .requiredOption(
      '--output <file>',
      'safetensors to write: logits, and with --gradients loss, grad.* and buffer.*',
      path('--output'),
    )
    .option('--gradients', 'run forward and backward in training mode, with mean cross-entropy', false);
  withExamples(
    withJsonFlag(withEngineFlags(withFitFlags(withSetFlag(command)))),
    'run resnet50 --weights resnet50.safetensors --input x.safetensors --output y.safetensors',
    'run resnext_cifar --set layers=1,1,1 --weights w.safetensors --input x.safetensors --output y.safetensors --gradients',
  ).action(async (model: string, flags: RunFlags) => {
    const { runTensors } = await import('./run.ts');
    await runTensors(model, flags);
  });
}
