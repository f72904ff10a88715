import type { Backend, Program as LoadedProgram } from '../../src/backends/backend.ts';
import type { Ranks } from '../../src/base/ranks.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { createModel, modelInfo } from '../../src/models/index.ts';
import { trace, type Trace } from '../../src/nn/trace.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Target } from '../../src/plan/target.ts';
import { numbers } from './numbers.ts';
import type { Program } from './program.ts';
import type { NetworkWork } from './work.ts';

/** Ranks that train together, each on as many pictures as the work has; and whether batch norms take the statistics of all. */
export interface TrainedTogether extends Ranks {
  readonly syncBatchNorm: boolean;
}

/**
 * Cardinal's forward pass or training step of a network, on any backend: in Node and in a page the same. `together` is for a
 * training step of several ranks. `seed` says which pictures.
 */
export async function networkProgram(
  backend: Backend,
  { model: name, input, kind }: NetworkWork,
  version: string,
  { together, seed = 1 }: { readonly together?: TrainedTogether | undefined; readonly seed?: number } = {},
): Promise<Program> {
  // What is dropped by chance cannot be compared.
  const drops = modelInfo(name).options.dropout !== undefined;
  const model = createModel(name, drops ? { dropout: 0 } : {});
  const traced = trace(model, input, { training: kind === 'training' });
  const plan =
    kind === 'training'
      ? trainingPlan(traced, backend, name, together)
      : planInference(traced, backend, { name });
  const program = await backend.load(plan);
  const known = new Set(plan.buffers.map((buffer) => buffer.name));
  for (const [key, { data }] of model.stateDict()) {
    if (data instanceof Float32Array && known.has(key)) program.write(key, data);
  }
  if (kind === 'forward') await program.run('prologue');
  const pictures = numbers(sizeOf(input), seed, 1);
  if (kind === 'training') {
    program.write('target', oneHotTarget(input[0], traced.output.shape[1]));
    program.write('loss_gradient', Float32Array.of(1 / (together?.size ?? 1)));
    if (together !== undefined) program.write('stopping', Float32Array.of(0));
    program.write('hyper', Float32Array.of(sgdOfAll.learningRate, sgdOfAll.momentum, sgdOfAll.weightDecay));
  }
  const compared = comparedParameters(traced).map((parameter) => `grad.${parameter}`);
  return {
    version,
    async run() {
      program.write('input', pictures);
      await program.run(kind === 'training' ? 'gradient' : 'forward');
      if (kind === 'training') await program.run('update');
      await program.read('logits');
    },
    results: () => (kind === 'training' ? lossAndGradients(program, compared) : program.read('logits')),
  };
}

/** A step of SGD with momentum; of several ranks, each has as many pictures as the trace. */
export function trainingPlan(traced: Trace, device: Target, name: string, together?: TrainedTogether): Plan {
  return planTraining(traced, device, {
    name,
    optimizer: { kind: 'sgd', momentum: true, nesterov: false },
    ...(together && {
      ranks: { rank: together.rank, size: together.size, batch: together.size * traced.input.shape[0] },
      syncBatchNorm: together.syncBatchNorm,
    }),
  });
}

/** What every contender trains with. Learning rate 0: every run does the same work on the same numbers. */
export const sgdOfAll = { learningRate: 0, momentum: 0.9, weightDecay: 1e-4 } as const;

/** The classes that pictures are trained towards: 0, 1, 2 and so on, one-hot. */
export function oneHotTarget(batch: number, classes: number): Float32Array {
  const target = new Float32Array(batch * classes);
  for (let n = 0; n < batch; n++) target[n * classes + (n % classes)] = 1;
  return target;
}

/** Parameters whose gradients are compared: the last layer's weights and the first's, which all others go into. */
export function comparedParameters({ graph }: Trace): [last: string, first: string] {
  const weights = graph.values.filter(({ role, shape }) => role === 'parameter' && shape.length > 1);
  return [weights[weights.length - 1].name, weights[0].name];
}

async function lossAndGradients(program: LoadedProgram, names: readonly string[]): Promise<Float32Array> {
  const gradients: Float32Array[] = [];
  for (const name of names) gradients.push(await program.read(name));
  return lossAndDirections(await program.read('loss'), gradients);
}

/** The loss, then the gradients, each of length 1. */
export function lossAndDirections(loss: Float32Array, gradients: readonly Float32Array[]): Float32Array {
  const parts = [...loss];
  for (const gradient of gradients) {
    const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    for (const value of gradient) parts.push(value / length);
  }
  return Float32Array.from(parts);
}
