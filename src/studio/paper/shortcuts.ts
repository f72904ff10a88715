import type { Backend, Program } from '../../backends/backend.ts';
import { nextTask } from '../../base/next-task.ts';
import { f32, type StateDict } from '../../base/tensor-data.ts';
import { createModel } from '../../models/registry.ts';
import { trace } from '../../nn/trace.ts';
import { layerGradients, weightedLayers } from '../../session/gradient-norms.ts';
import { fitPlan } from '../../train/micro-batches.ts';
import { networkOf } from '../../train/network.ts';
import { recipes, withOverrides } from '../../train/recipe.ts';
import { TrainingProgram } from '../../train/training-program.ts';
import type { SomeBatches } from './batches.ts';
import type { GradientLook, PlainOrResidual, ShortcutsQuery } from './service.ts';

/** Side of the pictures, and how many make a batch: those of the small studies, a smaller batch for a look in seconds. */
export const shortcutPictures = { size: 16, batchSize: 32 } as const;

/**
 * The rate with which He et al. 2016 (section 4.2) begin the training of 110 layers, 0.01 for batches of 128: with a larger one the first
 * steps of deep networks overshoot.
 */
const learningRate = (0.01 * shortcutPictures.batchSize) / 128;

/** C and d of the blocks, as the paper counts them. */
const blocksOf = {
  resnet: { cardinality: 1, baseWidth: 64 },
  resnext: { cardinality: 32, baseWidth: 4 },
} as const;

interface Experiment extends Pick<ShortcutsQuery, 'blocks' | 'network' | 'steps' | 'seed'> {
  readonly residual: boolean;
  readonly some: SomeBatches;
  readonly backend: Backend;
  readonly signal: AbortSignal;
  /** A gradient was computed. */
  readonly onStep: () => void;
}

/**
 * The network of the study `residual`, as deep as asked for, with shortcuts or without: how large the gradients of its layers are before
 * the first step and, of the same batch, after some steps of SGD. Rejects with the signal's reason between two steps.
 */
export async function lookAtGradients({
  blocks,
  network: kind,
  steps,
  seed,
  residual,
  some: { batches, batchSize, classes },
  backend,
  signal,
  onStep,
}: Experiment): Promise<PlainOrResidual> {
  const name = 'resnext_cifar';
  const options = { layers: [blocks, blocks, blocks], planes: 16, ...blocksOf[kind], residual };
  const model = createModel(name, { ...options, numClasses: classes }).initialize(seed);
  const input = [3, shortcutPictures.size, shortcutPictures.size];
  const network = networkOf(model, input, { name, options });
  const layers = weightedLayers(trace(model, [batchSize, ...input], { training: true }).graph);
  const recipe = withOverrides(recipes.cifar, { batchSize, learningRate });
  const { plan, microBatchSize } = fitPlan(network, backend, recipe);
  await nextTask();
  signal.throwIfAborted();
  const program = await backend.load(plan);
  try {
    const training = new TrainingProgram(program, recipe, microBatchSize, seed, network.stateDict());
    const gradient = async (at: number, step: number): Promise<number> => {
      await nextTask();
      signal.throwIfAborted();
      const { loss } = await training.gradient(batches[at % batches.length], step);
      onStep();
      return loss;
    };
    const look = async (taken: number, loss: number): Promise<GradientLook> => {
      const { state } = await training.snapshot();
      const gradients = await gradientsOf(program, microBatchSize < batchSize);
      return { steps: taken, loss, layers: layerGradients(layers, gradients, state) };
    };
    const losses = [await gradient(0, 1)];
    const looks = [await look(0, losses[0])];
    for (let step = 1; step <= steps; step++) {
      await training.update(learningRate, step);
      if (step < steps) losses.push(await gradient(step, step + 1));
      // The batch of the first look, so that nothing but the weights has changed.
      else looks.push(await look(steps, await gradient(0, step + 1)));
    }
    return { looks, losses };
  } finally {
    await program.dispose();
  }
}

/** How many gradients an experiment computes: of one network. */
export function gradientsIn({ steps }: Pick<ShortcutsQuery, 'steps'>): number {
  return steps + 1;
}

/** The gradients of the last batch, by parameter; of several micro-batches their sums. */
async function gradientsOf(program: Program, areSummed: boolean): Promise<StateDict> {
  const prefix = areSummed ? /^accumulator\./ : /^grad\./;
  const buffers = program.plan.buffers.filter(({ name }) => prefix.test(name));
  const data = await program.read(buffers.map(({ name }) => name));
  return new Map(buffers.map(({ name, shape }, at) => [name.replace(prefix, ''), f32(shape, data[at])]));
}
