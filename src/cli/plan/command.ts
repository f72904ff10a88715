import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { checkpointActivationsHelp, withEngineFlags } from '../flags/engine.ts';
import { integer, shape4 } from '../flags/values.ts';
import { withSetFlag } from '../flags/weights.ts';
import type { PlanFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<model>', 'name of a network, see `cardinal models`')
    .option('--train', 'plan a training step (SGD with momentum) instead of inference', false)
    .option('--checkpoint-activations', `with --train, ${checkpointActivationsHelp}`, false)
    .option('--batch <n>', 'batch size (default: 1)', integer('--batch', 1, 65_536))
    .option(
      '--input <n,c,h,w>',
      "input shape (default: --batch pictures of the network's own size)",
      shape4('--input'),
    );
  withExamples(
    withJsonFlag(withEngineFlags(withSetFlag(command))),
    'plan resnext50_32x4d',
    'plan resnext50_32x4d --train --batch 8',
    'plan resnext50_32x4d --train --batch 8 --checkpoint-activations',
    'plan resnet20_cifar --json',
  ).action(async (name: string, flags: PlanFlags) => {
    const { showPlan } = await import('./run.ts');
    await showPlan(name, flags);
  });
}
