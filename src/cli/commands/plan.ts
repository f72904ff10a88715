import type { Command } from 'commander';
import type { Plan } from '../../plan/plan.ts';
import type { EngineFlags, ModelFlags } from '../flags.ts';
import { integer, shape4, withEngineFlags, withExamples, withJsonFlag, withSetFlag } from '../flags.ts';
import { withBackend } from '../engine.ts';
import { print, printJson } from '../print.ts';

interface PlanFlags extends EngineFlags, ModelFlags {
  readonly train: boolean;
  readonly batch: number;
  readonly input?: readonly [number, number, number, number];
  readonly json: boolean;
}

export function define(command: Command): void {
  command
    .argument('<model>', 'a name of `cardinal models`')
    .option('--train', 'the program of a training step (SGD with momentum) instead of inference', false)
    .option('--batch <n>', 'pictures at once', integer('--batch', 1, 65_536), 1)
    .option(
      '--input <n,c,h,w>',
      "shape of the pictures (--batch of the network's own size)",
      shape4('--input'),
    );
  withExamples(
    withJsonFlag(withEngineFlags(withSetFlag(command))),
    'plan resnext50_32x4d',
    'plan resnext50_32x4d --train --batch 8',
    'plan resnet20_cifar --json',
  ).action(show);
}

async function show(name: string, flags: PlanFlags): Promise<void> {
  const { createModel, modelInfo, parseSet } = await import('../../models/index.ts');
  const { trace } = await import('../../nn/trace.ts');
  const { planInference } = await import('../../plan/inference.ts');
  const { planTraining } = await import('../../plan/training.ts');
  const { formatPlan, listPlan } = await import('../../plan/listing.ts');
  const { kernelsOf } = await import('../kernels.ts');
  const options = parseSet(flags.set ?? []);
  const input = flags.input ?? [flags.batch, ...modelInfo(name, options).inputShape];
  const model = createModel(name, options);
  const traced = trace(model, input, { training: flags.train });
  await withBackend({ ...flags, threads: 1 }, (backend) => {
    const plan: Plan = flags.train
      ? planTraining(traced, backend, {
          name,
          labelSmoothing: 0,
          optimizer: { kind: 'sgd', momentum: true, nesterov: false },
          decays: () => true,
          clip: false,
          accumulate: false,
          ema: false,
        })
      : planInference(traced, backend, { name });
    const listing = listPlan(plan, kernelsOf(plan, backend));
    if (flags.json) printJson({ backend: backend.name, input, ...listing });
    else print(formatPlan(listing));
    return Promise.resolve();
  });
}
