import { useAnswer } from '../parts/answer.ts';
import { fittingStep, type Step } from './fitting.ts';
import { settings } from './settings.ts';

/** What a step takes of data with fewer pictures than the chosen recipe's batch, if the visitor has not said it. */
export function useFitting(data: string | undefined): (Step & { readonly pictures: number }) | undefined {
  const { value } = useAnswer(data, (engine, signal) =>
    engine.call('describeData', [{ data: data ?? '' }], { signal }),
  );
  const counts = value?.id === data ? value?.splits.train : undefined;
  const { recipe = 'quick', batchSize } = settings.value;
  if (counts === undefined || batchSize !== undefined) return undefined;
  const pictures = counts.reduce((sum, each) => sum + each, 0);
  const step = fittingStep(recipe, pictures);
  return step && { ...step, pictures };
}
