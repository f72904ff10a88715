import type { Backend } from '../../backends/backend.ts';
import { UsageError } from '../../base/errors.ts';
import { rowsOf } from '../../base/ranks.ts';
import { parseSet } from '../../models/options.ts';
import { createModel, modelInfo } from '../../models/registry.ts';
import { trace } from '../../nn/trace.ts';
import { excessOf, largestFit, type Excess } from '../../plan/fit.ts';
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
  readonly ranks?: number;
  readonly syncBn: boolean;
  readonly batch?: number;
  readonly input?: readonly [number, number, number, number];
  readonly json: boolean;
}

/** `cardinal plan`: the program that a network is compiled to. */
export async function showPlan(name: string, flags: PlanFlags): Promise<void> {
  const options = parseSet(flags.set ?? []);
  const { batch, input: given, checkpointActivations, ranks = 1, syncBn } = flags;
  if (checkpointActivations && !flags.train) {
    throw new UsageError('--checkpoint-activations needs --train: inference keeps no activations');
  }
  if (batch !== undefined && given !== undefined && given[0] !== batch) {
    throw new UsageError(
      `--batch ${batch} and --input ${given.join()} contradict each other: leave --batch out`,
    );
  }
  if (flags.ranks !== undefined && !flags.train) {
    throw new UsageError('--ranks needs --train: ranks that predict do not communicate');
  }
  if (!syncBn && ranks === 1) {
    throw new UsageError('--no-sync-bn needs --ranks: one rank alone has the statistics of the whole batch');
  }
  const input = given ?? [batch ?? ranks, ...modelInfo(name, options).inputShape];
  if (input[0] < ranks) {
    throw new UsageError(
      `--ranks ${ranks} and a batch of ${input[0]}: some ranks have no picture; expected a batch of at least ${ranks}`,
    );
  }
  const model = createModel(name, options);
  await withBackend({ ...flags, threads: 1 }, (backend) => {
    const planFor = (pictures: number): Plan => {
      const first = { rank: 0, size: ranks };
      const rows = rowsOf(pictures, first).count;
      const traced = trace(model, [rows, ...input.slice(1)], { training: flags.train });
      if (!flags.train) return planInference(traced, backend, { name });
      return planTraining(traced, backend, {
        name,
        optimizer: { kind: 'sgd', momentum: true, nesterov: false },
        checkpointActivations,
        ranks: { ...first, batch: pictures },
        syncBatchNorm: syncBn,
      });
    };
    const plan = planFor(input[0]);
    const kernels = backend.kernelsOf(plan);
    const listing = listPlan(plan, (node) => kernels.get(node) ?? []);
    const excess = excessOf(plan, backend);
    const largestBatch = () =>
      largestFit(Math.ceil(input[0] / ranks), backend, (rows) => planFor(rows * ranks)) * ranks;
    const { name: computing, maxBytes } = backend;
    if (flags.json)
      printJson({ backend: computing, input, maxBytes, fits: excess === undefined, ...listing });
    else
      print(
        formatPlan(listing).split('\n'),
        excess === undefined ? [] : ['', doesNotFit(backend, excess, largestBatch())],
      );
    return Promise.resolve();
  });
}

function doesNotFit({ name }: Backend, { buffer, limit }: Excess, largest: number): string {
  const what = buffer === undefined ? 'it' : `its tensor '${buffer}'`;
  const room = `${what} does not fit into the ${(limit / 2 ** 20).toFixed(0)} MiB that the ${name} backend has`;
  return largest === 0
    ? `${room}, not even for one picture`
    : `${room}: the largest batch that does is ${largest}; training runs larger ones as micro-batches`;
}
