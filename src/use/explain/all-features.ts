import type { Backend, Program } from '../../backends/backend.ts';
import { CardinalError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { sizeOf } from '../../base/shape.ts';
import type { StateDict } from '../../base/tensor-data.ts';
import type { BatchLoader } from '../../data/dataset.ts';
import { trace } from '../../nn/trace.ts';
import type { Module } from '../../nn/module.ts';
import { divisors, excessInWords, planInParts } from '../../plan/fit.ts';
import { planInference } from '../../plan/plan-inference.ts';
import { loadWith } from '../../session/load-with.ts';
import { embeddingOf } from './landmarks.ts';

/** An inference program that ends where the last `Linear` begins: it has no classifier. */
export interface FeatureProgram {
  readonly program: Program;
  /** The buffer of the embeddings, N×D. */
  readonly embedding: string;
  /** N. */
  readonly batchSize: number;
  /** D. */
  readonly width: number;
}

/** The embeddings of some pictures: rows of D numbers, one for each index into the dataset. The arrays are the caller's. */
export interface FeatureRows {
  readonly features: Float32Array;
  readonly indices: Uint32Array;
}

/**
 * Loads a program that computes what the last `Linear` of a network reads, for `batchSize` pictures [C, H, W] at once, or the largest
 * divisor of it that fits into the backend's memory. Throws a `CardinalError` if the network has no `Linear`, or not even one picture fits.
 */
export async function prepareFeatures(
  model: Module,
  { name, input, batchSize }: { name: string; input: readonly number[]; batchSize: number },
  backend: Backend,
): Promise<FeatureProgram> {
  const traced = (size: number) => {
    const { graph, input: picture } = trace(model, [size, ...input], { training: false });
    const output = embeddingOf(graph.nodes);
    if (output !== undefined) return { graph, input: picture, output };
    throw new CardinalError(`${name} has no features: they are what its last Linear reads, and it has none`);
  };
  const parts = planInParts(divisors(batchSize), backend, (size) =>
    planInference(traced(size), backend, { name }),
  );
  if (parts.size === undefined) {
    throw new CardinalError(
      `${name}: one picture of ${input.join('×')} ${excessInWords(parts.smallest, `the ${backend.name} backend has`)}: use smaller pictures`,
    );
  }
  const { size, plan } = parts;
  const { output } = traced(size);
  const program = await loadWith(backend, plan, weightsOf(model, plan.buffers));
  return { program, embedding: output.name, batchSize: size, width: sizeOf(output.shape.slice(1)) };
}

/**
 * The embeddings of all pictures of a loader, in its order, some at a time. The loader's batch size is a multiple of the program's.
 * Whatever else waits in the process gets its turn between two runs of the program.
 */
export async function* featuresOf(
  { program, embedding, batchSize, width }: FeatureProgram,
  loader: BatchLoader,
): AsyncGenerator<FeatureRows, void, undefined> {
  for await (const { input, size, indices } of loader.epoch(0)) {
    const perPicture = input.length / loader.batchSize;
    for (let first = 0; first < size; first += batchSize) {
      await nextTask();
      program.write(
        'input',
        input.subarray(first * perPicture, (first + batchSize) * perPicture),
        'channels_last',
      );
      await program.run('forward');
      const rows = Math.min(batchSize, size - first);
      yield {
        features: (await program.read(embedding)).slice(0, rows * width),
        indices: indices.slice(first, first + rows),
      };
    }
  }
}

/** Those of a network's tensors that a program has: its classifier is left out. */
function weightsOf(model: Module, buffers: readonly { readonly name: string }[]): StateDict {
  const names = new Set(buffers.map(({ name }) => name));
  return new Map([...model.stateDict()].filter(([name]) => names.has(name)));
}
