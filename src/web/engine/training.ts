import type { CallContext, Handlers } from '../../base/channel/service.ts';
import { openDataFrom } from '../../data/open-data.ts';
import { knowAll } from '../../models/known-entries.ts';
import { createModel, modelInfo, modelOrigin } from '../../models/registry.ts';
import { freezeExactly, frozenParameters } from '../../nn/freeze.ts';
import type { Module } from '../../nn/module.ts';
import type { ReplayedModule } from '../../nn/replayed.ts';
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
  const begins = options.resume !== true && weights === undefined;
  if (!begins || !isKnown(network)) await knowAll();
  let own: ReplayedModule | undefined;
  let given: Module | NamedModel;
  if (network.kind === 'own') {
    const { moduleFrom } = await import('../../nn/replayed.ts');
    given = own = moduleFrom(network.data);
  } else given = networkOf(network);
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
        const lacking = own?.lacks(inputs) ?? [];
        if (lacking.length > 0) own?.add(await ask('graphs', lacking));
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

/** Whether the registry has it as it is asked for, and its blocks are of form (c); if it does not, it may once it knows all networks, or can say what has such options. */
function isKnown(sent: SentNetwork): boolean {
  if (sent.kind === 'own') return false;
  try {
    return (modelInfo(sent.name, sent.options).options.form ?? 'c') === 'c';
  } catch {
    return false;
  }
}

function networkOf(sent: Exclude<SentNetwork, { readonly kind: 'own' }>): Module | NamedModel {
  const { kind, name, options } = sent;
  if (kind === 'named') return { name, ...(options === undefined ? {} : { options }) };
  const module = createModel(name, options);
  module.loadStateDict(sent.state, { assign: true });
  freezeExactly(module, sent.frozen);
  return module;
}
