import type { Channel, StudioService } from 'cardinal-nn/studio';
import { useAnswer } from '../parts/answer.ts';
import { fittingStep, type Step } from './fitting.ts';
import { settings } from './settings.ts';

/** What a step takes of few pictures. */
export interface Fitting extends Step {
  readonly pictures: number;
}

/** What a step takes of data with fewer pictures than the chosen recipe's batch, if the visitor has not said it; once the engine has said how many there are. */
export function useFitting(data: string | undefined): Fitting | undefined {
  const { value } = useAnswer(data, (engine, signal) => trainingPictures(engine, data ?? '', signal));
  return value === undefined || value.data !== data ? undefined : fittingOf(value);
}

/** The same for who begins a run before the page shows it. */
export async function findFitting(engine: Engine, data: string): Promise<Fitting | undefined> {
  return fittingOf(await trainingPictures(engine, data));
}

type Engine = Channel<StudioService>;

interface Counted {
  readonly data: string;
  readonly pictures: number | undefined;
}

async function trainingPictures(engine: Engine, data: string, signal?: AbortSignal): Promise<Counted> {
  const { splits } = await engine.call('describeData', [{ data }], { signal });
  return { data, pictures: splits.train?.reduce((sum, each) => sum + each, 0) };
}

function fittingOf({ pictures }: Counted): Fitting | undefined {
  const { recipe = 'quick', batchSize } = settings.value;
  if (pictures === undefined || batchSize !== undefined) return undefined;
  const step = fittingStep(recipe, pictures);
  return step && { ...step, pictures };
}
