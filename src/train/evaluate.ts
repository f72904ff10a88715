import {
  abortSignal,
  callback,
  checkKind,
  checkOptions,
  having,
  wholeFrom,
  type Kinds,
} from '../base/options.ts';
import type { Backend, Program } from '../backends/backend.ts';
import { CardinalError } from '../base/errors.ts';
import { nextTask } from '../base/next-task.ts';
import { sizeOf } from '../base/shape.ts';
import { untilAborted } from '../base/until-aborted.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { BatchLoader } from '../data/dataset.ts';
import { divisors, excessInWords, planInParts } from '../plan/fit.ts';
import { loadWith } from '../session/load-with.ts';
import { Tally } from './tally.ts';
import type { Evaluation } from './metrics.ts';
import { inferenceNetworkKind, type InferenceNetwork } from './inference-network.ts';
import { backendKind } from '../session/arguments.ts';

/**
 * An inference program with these weights in it, ready for `input` → `run('forward')` → `logits`. It takes `batchSize`
 * pictures at once, or the largest divisor of it that fits into the backend's memory, so that batches can be cut.
 * Throws a `CardinalError` if not even one picture fits.
 */
export async function prepareInference(
  network: InferenceNetwork,
  backend: Backend,
  batchSize: number,
  state?: StateDict,
): Promise<Program> {
  const what = 'prepareInference';
  checkKind(what, 'the network', network, inferenceNetworkKind);
  checkKind(what, 'the backend', backend, backendKind);
  checkKind(what, 'the batch size', batchSize, wholeFrom(1));
  const parts = planInParts(divisors(batchSize), backend, (size) => network.planInference(size, backend));
  if (parts.size === undefined) {
    throw new CardinalError(
      `${network.description.name}: one picture of ${network.input.join('×')} ${excessInWords(parts.smallest, `the ${backend.name} backend has`)}: use smaller pictures`,
    );
  }
  return await loadWith(backend, parts.plan, state ?? network.stateDict());
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
 * Evaluates a network on all pictures of a loader: loss, top-1, top-5 and the confusion matrix. `program` is an
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
  const { signal, onBatch, onLogits } = options;
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
  await program.take(async () => {
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
        tally.add(logits, labels);
        if (onLogits === undefined) continue;
        labels.forEach((label, row) => {
          onLogits(logits.subarray(row * classes, (row + 1) * classes), {
            index: batch.indices[first + row],
            label,
          });
        });
      }
      onBatch?.({ batches: ++batches, of: loader.batchesPerEpoch });
    }
  });
  return tally.evaluation();
}

/** Shape of a program's buffer. */
export function shapeOf(program: Program, name: string): readonly number[] {
  const buffer = program.plan.buffers.find((candidate) => candidate.name === name);
  if (buffer === undefined)
    throw new CardinalError(`${program.plan.name}: the program has no buffer '${name}'`);
  return buffer.shape;
}
