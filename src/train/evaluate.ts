import { abortSignal, callback, checkKind, checkOptions, having, type Kinds } from '../base/options.ts';
import type { Backend, Program } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import { nextTask } from '../base/next-task.ts';
import { sizeOf } from '../base/shape.ts';
import { untilAborted } from '../base/until-aborted.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { BatchLoader } from '../data/dataset.ts';
import { batchSizesKind, choicesOf, leastOf } from '../plan/batch-sizes.ts';
import { excessInWords, planInParts } from '../plan/fit.ts';
import { loadWith } from '../session/load-with.ts';
import { evaluationOfAll } from './add-up.ts';
import { Tally } from './tally.ts';
import { taskTallyOf } from './task-tally.ts';
import type { Evaluation } from './metrics.ts';
import { StoppedTogether, type TrainingRanks } from './ranks.ts';
import { inferenceNetworkKind, type InferenceNetwork } from './inference-network.ts';
import { backendKind } from '../session/arguments.ts';

/**
 * An inference program with these weights in it, ready for `input` → `run('forward')` → `logits`. It takes `batchSize`
 * pictures at once, or the largest divisor of it that fits into the backend's memory, so that batches can be cut. For a list of batch
 * sizes, largest first, the program computes each of them with one copy of the weights (`batchesOf` names them); the largest are left out
 * if they do not fit. Throws a `CardinalError` if not even the smallest fits.
 */
export async function prepareInference(
  network: InferenceNetwork,
  backend: Backend,
  batchSize: number | readonly number[],
  state?: StateDict,
): Promise<Program> {
  return prepareInTurns(network, backend, batchSize, state);
}

/** The same. With `between`, weights are written as `loadWith` does: for a network that nobody changes meanwhile. */
export async function prepareInTurns(
  network: InferenceNetwork,
  backend: Backend,
  batchSize: number | readonly number[],
  state?: StateDict,
  between?: () => Promise<void>,
): Promise<Program> {
  const what = 'prepareInference';
  checkKind(what, 'the network', network, inferenceNetworkKind);
  checkKind(what, 'the backend', backend, backendKind);
  checkKind(what, 'the batch size', batchSize, batchSizesKind);
  const choices = choicesOf(batchSize);
  const parts = planInParts(choices, backend, (size) => network.planInference(size, backend));
  if (parts.size === undefined) {
    throw new CardinalError(
      `${network.description.name}: ${leastOf(choices)} of ${network.input.join('×')} ${excessInWords(parts.smallest, `the ${backend.name} backend has`)}: use smaller pictures`,
    );
  }
  return await loadWith(backend, parts.plan, state ?? network.stateDict(), between);
}

/** Options of `evaluate`, and whom this process shares the pictures with. */
export interface EvaluateTogetherOptions extends EvaluateOptions {
  /** Each evaluates its rows of the batches of a loader with a `share`, and gets the result of all. */
  readonly ranks?: TrainingRanks | undefined;
}

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** Ends the evaluation between two runs of the program: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch. */
  readonly onBatch?: ((done: { readonly batches: number; readonly of: number }) => void) | undefined;
  /** Called with the K logits of each picture, its index in the dataset and its true class. */
  readonly onLogits?:
    ((logits: Float32Array, picture: { readonly index: number; readonly label: number }) => void) | undefined;
}

const evaluateKinds: Kinds<EvaluateOptions> = {
  signal: abortSignal,
  onBatch: callback,
  onLogits: callback,
};

/**
 * Evaluates a network on all pictures of a loader: loss, top-1, top-5 and the confusion matrix, or `scores` of labels and numbers. `program` is an
 * inference program whose weights are written. The loader's batch size is a multiple of the program's. Between two
 * runs of the program everything else that waits in the process gets its turn, but not other work of the program: all
 * pictures are evaluated with the same weights, and the loader must not need the program itself.
 * @throws {DisposedError} if the program or its backend was disposed of.
 */
export async function evaluate(
  program: Program,
  loader: BatchLoader,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkKind(
    'evaluate',
    'the program',
    program,
    having('a program, as prepareInference gives', 'run', 'read'),
  );
  checkKind(
    'evaluate',
    'the pictures',
    loader,
    having('a loader, as createLoader gives', 'epoch', 'dispose'),
  );
  checkOptions('evaluate', options, evaluateKinds);
  return await evaluateTogether(program, loader, options);
}

/**
 * What `evaluate` does, on one of several ranks. Where the signal of any is aborted, all reject with a `StoppedTogether` after the same batch.
 */
export async function evaluateTogether(
  program: Program,
  loader: BatchLoader,
  { signal: asked, onBatch, onLogits, ranks }: EvaluateTogetherOptions,
): Promise<Evaluation> {
  const signal = ranks === undefined ? asked : undefined;
  const input = shapeOf(program, 'input');
  const [rows, classes] = shapeOf(program, 'logits');
  const { classes: names } = loader.dataset;
  if (names.length !== classes) {
    throw new CardinalError(
      `${program.plan.name} has ${classes} classes, but ${loader.dataset.name} has ${names.length}: evaluate it on pictures of its own classes`,
    );
  }
  if (loader.batchSize % rows !== 0) {
    throw new CardinalError(
      `${program.plan.name}: batches of ${loader.batchSize} cannot be cut into the program's ${rows}`,
    );
  }
  const perPicture = sizeOf(input.slice(1));
  const tally = new Tally(names);
  const taskTally = taskTallyOf(loader.dataset);
  return await program.take(async () => {
    let batches = 0;
    for await (const batch of untilAborted(loader.epoch(0), signal)) {
      for (let first = 0; first < batch.size; first += rows) {
        await nextTask();
        signal?.throwIfAborted();
        const part = batch.input.subarray(first * perPicture, (first + rows) * perPicture);
        program.write('input', part, 'channels_last');
        await program.run('forward');
        const logits = await program.read('logits');
        const labels = batch.labels.subarray(first, Math.min(first + rows, batch.size));
        if (taskTally === undefined) tally.add(logits, labels);
        else taskTally.add(logits, batch.target.subarray(first * classes), labels.length);
        if (onLogits === undefined) continue;
        labels.forEach((label, row) => {
          onLogits(logits.subarray(row * classes, (row + 1) * classes), {
            index: batch.indices[first + row],
            label,
          });
        });
      }
      onBatch?.({ batches: ++batches, of: loader.batchesPerEpoch });
      if ((await ranks?.any(asked?.aborted === true, 'an evaluation')) === true) throw new StoppedTogether();
    }
    if (taskTally !== undefined) return await taskTally.evaluation(ranks, loader);
    return ranks === undefined ? tally.evaluation() : await evaluationOfAll(tally, ranks, loader);
  });
}

/** Shape of a program's buffer. */
export function shapeOf(program: Program, name: string): readonly number[] {
  const buffer = program.plan.buffers.find((candidate) => candidate.name === name);
  if (buffer === undefined)
    throw new CardinalError(`${program.plan.name}: the program has no buffer '${name}'`);
  return buffer.shape;
}
