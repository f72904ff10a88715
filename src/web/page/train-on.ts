import type { Channel } from '../../base/channel/service.ts';
import { CardinalError, DisposedError, UsageError } from '../../base/errors.ts';
import { checkKind } from '../../base/options.ts';
import { openDataParts, type OpenData } from '../../data/open-data.ts';
import { createModel } from '../../models/registry.ts';
import { freezeExactly } from '../../nn/freeze.ts';
import { Module } from '../../nn/module.ts';
import type { TracedInput } from '../../nn/traced.ts';
import { checkNetwork, isOpenData } from '../../run/training/arguments.ts';
import type { NamedModel } from '../../run/training/options.ts';
import type { TrainedOn } from '../../run/training/train-on.ts';
import type { TrainEvent } from '../../train/events.ts';
import { beyond, isBeyond } from '../beyond.ts';
import type { EngineService } from '../engine/service.ts';
import type { SentTrained, SentTraining, TrainingService } from '../engine/training-service.ts';
import type { PageEngine } from './engine.ts';
import { Engines, enginesOf } from './engines.ts';
import { persistRuns } from './persist.ts';
import { sendNetwork, traceFor } from './send-network.ts';
import { sentWeights } from './sent-weights.ts';
import { graphsNeedAll } from './steps-need-all.ts';
import { checkTrainOptions, type TrainOnOptions } from './train-options.ts';
import { trainingNeedsAll } from './training-needs-all.ts';

/**
 * Trains a network on pictures, in a worker: the page goes on. `model` is a network of your own, or a name of the registry with
 * options; then the numbers of classes and channels come from the data.
 *
 *     const data = await openPictures({ cats, dogs });
 *     const { model } = await trainOn(data, createModel('resnext_cifar', { … }), { epochs: 10, out: 'opfs:runs/pets', onEvent: draw });
 *
 * With `out` the run survives its tab: `resume` goes on at the exact batch, to the same bytes. The first such run of a page asks the
 * browser to keep the files; a warning says so if it does not promise it. The network of the page gets the trained weights.
 * Throws a `CardinalError` if data, network and recipe do not fit together, or a file cannot be read or written: an `InUseError` if
 * another run has the folder `out`, a `LockLostError` if another took it over meanwhile.
 */
export async function trainOn(
  data: OpenData,
  model: Module | NamedModel,
  options: TrainOnOptions = {},
): Promise<TrainedOn> {
  checkKind('trainOn', 'the data', data, {
    expected: 'what openPictures gives once it is awaited',
    is: isOpenData,
  });
  checkNetwork(model);
  checkTrainOptions(options);
  requireSendable(data);
  const { backend, base, threads, onEvent, signal, weights, ...rest } = options;
  signal?.throwIfAborted();
  const { out } = rest;
  if (out !== undefined) keepRuns();
  const training: SentTraining = {
    data: openDataParts(data),
    network: await sendNetwork(model),
    options: rest,
    weights: weights === undefined ? undefined : sentWeights('trainOn', weights),
    onOwnBackend: backend !== undefined,
  };
  const needsAll = data.task !== undefined || trainingNeedsAll(model, options);
  const engines =
    backend === undefined
      ? await Engines.start('training', { threads, base, networks: needsAll ? 'all' : 'resnext' })
      : enginesOf('trainOn', backend);
  let told: string[] = [];
  let begun = false;
  const train = async (engine: PageEngine): Promise<SentTrained> => {
    // What was told before another engine took over is not told again.
    const before = told;
    told = [];
    const tell = async (event: TrainEvent): Promise<void> => {
      if (event.type === 'warning') {
        const at = before.indexOf(event.message);
        if (at !== -1) {
          before.splice(at, 1);
          return;
        }
        if (!begun) told.push(event.message);
      } else begun = true;
      await onEvent?.(event);
    };
    const on = {
      event: async (event: TrainEvent): Promise<void> => {
        const message = out === undefined ? undefined : takeNotice();
        if (message !== undefined) await tell({ type: 'warning', message });
        await tell(event);
      },
      graphs: async (inputs: readonly TracedInput[]) => {
        const graphs = await traceFor(model, inputs);
        if (engine.networks !== 'all' && graphsNeedAll(graphs))
          throw beyond(new CardinalError('other kernels'));
        return graphs;
      },
    };
    return channelOf(engine).call('trainOn', [training], { signal, on });
  };
  // Only its folder tells what a run that goes on takes.
  const refuses = (error: unknown): boolean =>
    isBeyond(error) ||
    (rest.resume !== undefined && rest.resume !== false && !begun && isPlainRefusal(error));
  try {
    return trainedOn(await engines.having(needsAll, train, refuses), data, model);
  } finally {
    if (backend === undefined) engines.end(new DisposedError('the training is over'));
  }
}

/** Whether it may be for what an engine does not know, and not for the folder or for what computes. */
function isPlainRefusal(error: unknown): boolean {
  return error instanceof CardinalError && ['CardinalError', 'UsageError'].includes(error.name);
}

/** Throws a `UsageError` for pictures that cannot be had in a worker as they are here. */
function requireSendable({ train, val, test }: OpenData): void {
  for (const dataset of [train, val, test]) {
    if (dataset === undefined) continue;
    const { source, name } = dataset;
    const isStream = source.kind === 'stream';
    if (!isStream && !(source.kind === 'memory' && source.floats === true)) continue;
    throw new UsageError(
      `trainOn: ${name} ${isStream ? 'is a stream of this page, which its worker does not have' : 'has numbers, which are trained on in Node'}: give pictures of bytes that are kept`,
    );
  }
}

let isAsked = false;
let notice: string | undefined;

/** Once in a page the browser is asked to keep what runs write. It may ask a person in turn: nothing waits for the answer. */
function keepRuns(): void {
  if (isAsked) return;
  isAsked = true;
  void persistRuns().then((message) => {
    notice = message;
  });
}

/** That the browser did not promise it, for the next event of a run to be told with. */
function takeNotice(): string | undefined {
  const message = notice;
  notice = undefined;
  return message;
}

/** What can be asked of an engine that trains. One whose script cannot refuses by name. */
function channelOf({ channel }: PageEngine): Channel<EngineService & TrainingService> {
  return channel;
}

/** What came of it, with the trained weights in the page's network. */
function trainedOn(
  { model: made, trained, frozen, ...result }: SentTrained,
  data: OpenData,
  given: Module | NamedModel,
): TrainedOn {
  const model = given instanceof Module ? given : createModel(made?.name ?? given.name, made?.options);
  model.loadStateDict(trained, { assign: true });
  freezeExactly(model, frozen);
  return { ...result, model, data };
}
