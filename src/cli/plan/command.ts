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
    .option(
      '--ranks <n>',
      'with --train, plan for the first of so many ranks, which share the batch (default: 1)',
      integer('--ranks', 1, 65_536),
    )
    .option('--no-sync-bn', 'with --ranks, statistics of batch norm are of each rank alone')
    .option('--batch <n>', 'batch size, of all ranks (default: 1 a rank)', integer('--batch', 1, 65_536))
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
    'plan resnext50_32x4d --train --batch 64 --ranks 8',
    'plan resnet20_cifar --json',
  ).action(async (name: string, flags: PlanFlags) => {
    const { showPlan } = await import('./run.ts');
    await showPlan(name, flags);
  });
}
