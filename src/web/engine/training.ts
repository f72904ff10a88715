import type { CallContext, Handlers } from '../../base/channel/service.ts';
import { openDataFrom } from '../../data/open-data.ts';
import { createModel, modelOrigin } from '../../models/registry.ts';
import { freezeExactly, frozenParameters } from '../../nn/freeze.ts';
import type { Module } from '../../nn/module.ts';
import { moduleFrom, ReplayedModule } from '../../nn/replayed.ts';
import type { NamedModel } from '../../run/training/options.ts';
import { trainOnPictures } from '../../run/training/train-on.ts';
import { runPlatform } from './run-platform.ts';
import type { Engine } from './context.ts';
import type {
  SentNetwork,
  SentTrained,
  SentTraining,
  TrainingCallbacks,
  TrainingService,
} from './training-service.ts';

/** What an engine does beside what all do, if it trains. */
export function trainingHandlers(engine: () => Engine): Handlers<TrainingService> {
  return { trainOn: ([training], context) => trainOn(training, engine(), context) };
}

async function trainOn(
  { data: parts, network, options, weights, onOwnBackend }: SentTraining,
  engine: Engine,
  { signal, ask }: CallContext<TrainingCallbacks>,
): Promise<SentTrained> {
  const data = await openDataFrom(parts);
  const given = networkOf(network);
  const platform = await runPlatform({ engine, out: options.out, weights, signal });
  const { model, ...result } = await trainOnPictures(
    data,
    given,
    {
      ...options,
      weights: weights?.name,
      backend: onOwnBackend ? engine.backend : undefined,
      signal,
      onEvent: (event) => ask('event', event),
    },
    {
      ...platform,
      async beforeTracing(inputs) {
        if (!(given instanceof ReplayedModule)) return;
        const lacking = given.lacks(inputs);
        if (lacking.length > 0) given.add(await ask('graphs', lacking));
      },
    },
  );
  return {
    ...result,
    // The page has the data, and functions do not cross.
    data: undefined,
    model: modelOrigin(model),
    trained: model.stateDict(),
    frozen: frozenParameters(model),
  };
}

function networkOf(sent: SentNetwork): Module | NamedModel {
  if (sent.kind === 'own') return moduleFrom(sent.data);
  const { kind, name, options } = sent;
  if (kind === 'named') return { name, ...(options === undefined ? {} : { options }) };
  const module = createModel(name, options);
  module.loadStateDict(sent.state, { assign: true });
  freezeExactly(module, sent.frozen);
  return module;
}
