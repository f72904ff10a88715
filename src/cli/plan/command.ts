import type { Command } from 'commander';
import type { Backend } from '../../backends/backend.ts';
import { UsageError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { EngineFlags, ModelFlags } from '../flags.ts';
import {
  checkpointActivationsHelp,
  integer,
  shape4,
  withEngineFlags,
  withExamples,
  withJsonFlag,
  withSetFlag,
} from '../flags.ts';
import { withBackend } from '../engine.ts';
import { print, printJson } from '../output/print.ts';

interface PlanFlags extends EngineFlags, ModelFlags {
  readonly train: boolean;
  readonly checkpointActivations: boolean;
  readonly batch?: number;
  readonly input?: readonly [number, number, number, number];
  readonly json: boolean;
}

export function define(command: Command): void {
  command
    .argument('<model>', 'a name of `cardinal models`')
    .option('--train', 'the program of a training step (SGD with momentum) instead of inference', false)
    .option('--checkpoint-activations', `with --train, ${checkpointActivationsHelp}`, false)
    .option('--batch <n>', 'pictures at once (1)', integer('--batch', 1, 65_536))
    .option(
      '--input <n,c,h,w>',
      "shape of the pictures (--batch of the network's own size)",
      shape4('--input'),
    );
  withExamples(
    withJsonFlag(withEngineFlags(withSetFlag(command))),
    'plan resnext50_32x4d',
    'plan resnext50_32x4d --train --batch 8',
    'plan resnext50_32x4d --train --batch 8 --checkpoint-activations',
    'plan resnet20_cifar --json',
  ).action(show);
}

async function show(name: string, flags: PlanFlags): Promise<void> {
  const { createModel, modelInfo, parseSet } = await import('../../models/index.ts');
  const { trace } = await import('../../nn/trace.ts');
  const { planInference } = await import('../../plan/plan-inference.ts');
  const { largestFit } = await import('../../plan/fit.ts');
  const { planTraining } = await import('../../plan/plan-training.ts');
  const { formatPlan, listPlan } = await import('../../plan/listing.ts');
  const options = parseSet(flags.set ?? []);
  const { batch, input: given, checkpointActivations } = flags;
  if (checkpointActivations && !flags.train) {
    throw new UsageError('--checkpoint-activations is for --train: inference keeps none for a backward pass');
  }
  if (batch !== undefined && given !== undefined && given[0] !== batch) {
    throw new UsageError(
      `--batch ${batch} and --input ${given.join()} contradict each other: leave --batch out`,
    );
  }
  const input = given ?? [batch ?? 1, ...modelInfo(name, options).inputShape];
  const model = createModel(name, options);
  await withBackend({ ...flags, threads: 1 }, (backend) => {
    const planFor = (pictures: number): Plan => {
      const traced = trace(model, [pictures, ...input.slice(1)], { training: flags.train });
      if (!flags.train) return planInference(traced, backend, { name });
      return planTraining(traced, backend, {
        name,
        optimizer: { kind: 'sgd', momentum: true, nesterov: false },
        checkpointActivations,
      });
    };
    const plan = planFor(input[0]);
    const kernels = backend.kernelsOf(plan);
    const listing = listPlan(plan, (node) => kernels.get(node) ?? []);
    const fits = plan.peakBytes <= backend.maxBytes;
    if (flags.json) printJson({ backend: backend.name, input, maxBytes: backend.maxBytes, fits, ...listing });
    else
      print(
        formatPlan(listing).split('\n'),
        fits ? [] : ['', doesNotFit(backend, largestFit(input[0], backend.maxBytes, planFor))],
      );
    return Promise.resolve();
  });
}

function doesNotFit({ name, maxBytes }: Backend, largest: number): string {
  const room = `it does not fit into the ${(maxBytes / 2 ** 20).toFixed(0)} MiB that the ${name} backend has`;
  return largest === 0
    ? `${room}, not even for one picture`
    : `${room}: the largest batch that does is ${largest}; training runs larger ones as micro-batches`;
}
