import { checkKind } from '../../base/options.ts';
import { DisposedError } from '../../base/errors.ts';
import { openDataParts, type OpenData } from '../../data/open-data.ts';
import { createModel } from '../../models/registry.ts';
import { freezeExactly } from '../../nn/freeze.ts';
import { Module } from '../../nn/module.ts';
import type { TracedInput } from '../../nn/traced.ts';
import { checkNetwork, isOpenData } from '../../run/training/arguments.ts';
import type { NamedModel } from '../../run/training/options.ts';
import type { TrainedOn } from '../../run/training/train-on.ts';
import type { SentTrained, SentTraining, TrainingService } from '../engine/training-service.ts';
import type { EngineService } from '../engine/service.ts';
import type { TrainEvent } from '../../train/events.ts';
import { persistRuns } from './persist.ts';
import type { WebBackend } from './backend.ts';
import { startEngine, type PageEngine } from './engine.ts';
import { engineOf } from './engines.ts';
import { sendNetwork, traceFor } from './send-network.ts';
import { sentWeights } from './sent-weights.ts';
import { checkTrainOptions, type TrainOnOptions } from './train-options.ts';

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
  const engine =
    backend === undefined
      ? await startEngine<TrainingService>('training', { threads, kernels: undefined, base })
      : trainingEngine(backend);
  try {
    const on = {
      event: async (event: TrainEvent): Promise<void> => {
        const message = out === undefined ? undefined : takeNotice();
        if (message !== undefined) await onEvent?.({ type: 'warning', message });
        await onEvent?.(event);
      },
      graphs: (inputs: readonly TracedInput[]) => traceFor(model, inputs),
    };
    return trainedOn(await engine.channel.call('trainOn', [training], { signal, on }), data, model);
  } finally {
    if (backend === undefined) engine.end(new DisposedError('the training is over'));
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

/** The engine of a backend. One whose script cannot train refuses by name. */
function trainingEngine(backend: WebBackend): PageEngine<EngineService & TrainingService> {
  return engineOf('trainOn', backend);
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
