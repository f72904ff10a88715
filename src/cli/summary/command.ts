import type { Command } from 'commander';
import type { ModelFlags } from '../flags.ts';
import { integer, shape4, withExamples, withJsonFlag, withSetFlag } from '../flags.ts';
import { print, printJson } from '../output/print.ts';

interface SummaryFlags extends ModelFlags {
  readonly input?: readonly [number, number, number, number];
  readonly depth: number;
  readonly cost: boolean;
  readonly json: boolean;
}

export function define(command: Command): void {
  command
    .argument('<model>', 'a name of `cardinal models`')
    .option('--input <n,c,h,w>', "shape of the pictures (one of the network's own size)", shape4('--input'))
    .option('--depth <d>', 'levels of modules to list', integer('--depth', 0, 100), 3)
    .option('--cost', 'tell MACs, activations and bytes by layer and by kind of op', false);
  withExamples(
    withJsonFlag(withSetFlag(command)),
    'summary resnext50_32x4d.review --input 2,3,224,224',
    'summary resnext_cifar --depth 2 --set layers=2,2,2 cardinality=16 baseWidth=4',
    'summary resnext50_32x4d --cost --depth 1',
    'summary resnet18 --json',
  ).action(describe);
}

async function describe(name: string, { input, depth, set = [], cost, json }: SummaryFlags): Promise<void> {
  const { createModel, modelInfo, parseSet } = await import('../../models/index.ts');
  const { costSummary, summary } = await import('../../cost/summary.ts');
  const { costListing } = await import('./cost-listing.ts');
  const options = parseSet(set);
  const inputSize = input ?? [1, ...modelInfo(name, options).inputShape];
  const model = createModel(name, options);
  const breakdown = costSummary(model, { inputSize, depth });
  if (!json && cost) {
    print(costListing(breakdown, { name, input: inputSize }));
    return;
  }
  const listing = summary(model, { inputSize, depth });
  if (!json) {
    print(listing.toString().split('\n'));
    return;
  }
  // `toString` is no part of the document; JSON leaves functions out.
  printJson({
    model: name,
    options: modelInfo(name, options).options,
    input: inputSize,
    macs: breakdown.total.macs,
    ...listing,
    ...(cost ? { cost: breakdown } : {}),
  });
}
