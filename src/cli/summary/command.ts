import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { integer, shape4 } from '../flags/values.ts';
import { withSetFlag } from '../flags/weights.ts';
import type { SummaryFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<model>', 'name of a network, see `cardinal models`')
    .option(
      '--input <n,c,h,w>',
      "input shape (default: one picture of the network's own size)",
      shape4('--input'),
    )
    .option('--depth <d>', 'number of module levels to list', integer('--depth', 0, 100), 3)
    .option('--cost', 'list MACs, activations and bytes by layer and by kind of op', false);
  withExamples(
    withJsonFlag(withSetFlag(command)),
    'summary resnext50_32x4d.review --input 2,3,224,224',
    'summary resnext_cifar --depth 2 --set layers=2,2,2 cardinality=16 baseWidth=4',
    'summary resnext50_32x4d --cost --depth 1',
    'summary resnet18 --json',
  ).action(async (name: string, flags: SummaryFlags) => {
    const { summarize } = await import('./run.ts');
    summarize(name, flags);
  });
}
