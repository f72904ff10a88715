import { type Command, Option } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { budget, integer, integers, oneOf } from '../flags/values.ts';
import type { TradeoffFlags } from './run.ts';

export function define(command: Command): void {
  command
    .option(
      '--width <w>',
      'number of channels in and out of the block, a multiple of 4 (default: 256)',
      integer('--width', 4, 65_536),
    )
    .option(
      '--depth <list>',
      'compare whole networks of these depths instead of one block, such as 50,101',
      integers('--depth', 14, 1000),
    )
    .option(
      '--cardinality <list>',
      "cardinalities to find widths for (default: the paper's 1,2,4,8,32)",
      integers('--cardinality', 1, 65_536),
    )
    .option(
      '--budget <amount>',
      "cost to keep: 70k, 0.22G, or 2x for twice ResNet's (default: 1x)",
      budget('--budget'),
    )
    .addOption(
      new Option('--cost <unit>', 'unit of the budget: parameters or macs')
        .default('parameters')
        .argParser(oneOf('--cost', ['parameters', 'macs'])),
    )
    .option(
      '--size <n>',
      'height and width of the input to count MACs for (default: 56; with --depth 224)',
      integer('--size', 1, 65_536),
    );
  withExamples(
    withJsonFlag(command),
    'tradeoff',
    'tradeoff --width 512 --budget 0.2G --cost macs --size 28 --cardinality 1,4,16,64',
    'tradeoff --depth 50,101',
    'tradeoff --depth 101 --budget 2x',
  ).action(async (flags: TradeoffFlags) => {
    const { tradeoff } = await import('./run.ts');
    tradeoff(flags);
  });
}
