import type { Backend } from '../../backends/backend.ts';
import { UsageError } from '../../base/errors.ts';
import { createModel, modelInfo, parseSet } from '../../models/index.ts';
import { trace } from '../../nn/trace.ts';
import { largestFit } from '../../plan/fit.ts';
import { formatPlan, listPlan } from '../../plan/listing.ts';
import { planInference } from '../../plan/plan-inference.ts';
import { planTraining } from '../../plan/plan-training.ts';
import type { Plan } from '../../plan/plan.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import type { ModelFlags } from '../flags/weights.ts';
import { print, printJson } from '../output/print.ts';

/** Flags of `cardinal plan`. */
export interface PlanFlags extends EngineFlags, ModelFlags {
  readonly train: boolean;
  readonly checkpointActivations: boolean;
  readonly batch?: number;
  readonly input?: readonly [number, number, number, number];
  readonly json: boolean;
}

/** `cardinal plan`: the program that a network is compiled to. */
export async function showPlan(name: string, flags: PlanFlags): Promise<void> {
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
