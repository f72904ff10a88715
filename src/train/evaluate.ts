import type { Backend, Program } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { BatchLoader } from '../data/dataset.ts';
import { largestFit } from '../plan/fit.ts';
import { writeWeights } from '../session/state.ts';
import { Tally } from './tally.ts';
import type { Evaluation } from './metrics.ts';
import type { Network } from './network.ts';

/**
 * An inference program with these weights in it, ready for `input` → `run('forward')` → `logits`. Throws a
 * `CardinalError` that names the largest batch if the program does not fit into the backend's memory.
 */
export async function prepareInference(
  network: Network,
  backend: Backend,
  batchSize: number,
  state: StateDict = network.stateDict(),
): Promise<Program> {
  const plan = network.planInference(batchSize, backend);
  if (plan.peakBytes > backend.maxBytes) {
    const planFor = (batch: number) => network.planInference(batch, backend);
    const fits = largestFit(batchSize, backend.maxBytes, planFor);
    throw new CardinalError(
      `${network.description.name}: evaluating ${batchSize} pictures at once takes ${plan.peakBytes} bytes, ` +
        `the ${backend.name} backend has ${backend.maxBytes}: ` +
        (fits === 0 ? 'use smaller pictures' : `use a batch of at most ${fits}`),
    );
  }
  const program = await backend.load(plan);
  await writeWeights(program, state);
  return program;
}

export interface EvaluateOptions {
  /** Ends the evaluation between batches: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch. */
  readonly onBatch?: ((done: { readonly batches: number; readonly of: number }) => void) | undefined;
}

/**
 * Runs an inference program (weights written) over all pictures of a loader and judges its logits. The loader's batch
 * size is a multiple of the program's.
 */
export async function evaluate(
  program: Program,
  loader: BatchLoader,
  { signal, onBatch }: EvaluateOptions = {},
): Promise<Evaluation> {
  const input = bufferShape(program, 'input');
  const [rows, classes] = bufferShape(program, 'logits');
  const { classes: names } = loader.dataset;
  if (names.length !== classes) {
    throw new CardinalError(
      `${program.plan.name} tells ${classes} classes apart, but ${loader.dataset.name} has ${names.length}`,
    );
  }
  if (loader.batchSize % rows !== 0) {
    throw new CardinalError(
      `${program.plan.name}: batches of ${loader.batchSize} cannot be cut into the program's ${rows}`,
    );
  }
  const perPicture = input.slice(1).reduce((product, size) => product * size, 1);
  const tally = new Tally(names);
  let batches = 0;
  for await (const batch of loader.epoch(0)) {
    signal?.throwIfAborted();
    for (let first = 0; first < batch.size; first += rows) {
      const part = batch.input.subarray(first * perPicture, (first + rows) * perPicture);
      program.write('input', part, 'channels_last');
      await program.run('forward');
      tally.add(
        await program.read('logits'),
        batch.labels.subarray(first, Math.min(first + rows, batch.size)),
      );
    }
    onBatch?.({ batches: ++batches, of: loader.batchesPerEpoch });
  }
  return tally.evaluation();
}

function bufferShape(program: Program, name: string): readonly number[] {
  const buffer = program.plan.buffers.find((candidate) => candidate.name === name);
  if (buffer === undefined)
    throw new CardinalError(`${program.plan.name}: the program has no buffer '${name}'`);
  return buffer.shape;
}
