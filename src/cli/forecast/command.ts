import type { Command } from 'commander';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { withEngineFlags } from '../flags/engine.ts';
import { integer, integers, measurements, number, numbers, path } from '../flags/values.ts';
import { withSetFlag } from '../flags/weights.ts';
import type { ForecastFlags } from './run.ts';

export function define(command: Command): void {
  command
    .argument('<model>', 'name of a network, see `cardinal models`')
    .option('--batch <n>', 'pictures of one rank in a step', integer('--batch', 1, 65_536), 8)
    .option(
      '--ranks <list>',
      'numbers of ranks, each on a host of its own',
      integers('--ranks', 1, 65_536),
      [2, 8, 64, 512],
    )
    .option('--bandwidth <list>', 'Gbit/s of each host', numbers('--bandwidth', 0), [1, 10, 100])
    .option(
      '--latency <us>',
      'microseconds until a message begins to arrive: about 20 over TCP, 1.5 over InfiniBand',
      number('--latency', { above: 0, inclusive: true }),
      20,
    )
    .option(
      '--step <ms>',
      'milliseconds that one rank computes for a step (default: measured here)',
      number('--step', { above: 0 }),
    )
    .option('--no-sync-bn', 'as training with --no-sync-bn: statistics of batch norm are of each rank alone')
    .option(
      '--measured <list>',
      'efficiencies that were measured, to be drawn beside the forecast: ranks:efficiency',
      measurements('--measured'),
    )
    .option('--out <file.html>', 'write the forecast as a page with a chart', path('--out'));
  withExamples(
    withJsonFlag(withEngineFlags(withSetFlag(command))),
    'forecast resnext50_32x4d',
    'forecast resnext50_32x4d --batch 32 --step 900 --ranks 2,4,8,16 --bandwidth 25 --latency 2',
    'forecast resnext29_32x4d_cifar --batch 64 --measured 2:0.95,4:0.92 --out forecast.html',
  ).action(async (name: string, flags: ForecastFlags) => {
    const { forecast } = await import('./run.ts');
    await forecast(name, flags);
  });
}
