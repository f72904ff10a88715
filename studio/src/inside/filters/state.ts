import { computed, effect, signal } from '@preact/signals';
import type { Filters, InsideConvolution } from 'cardinal-nn/studio';
import { whenReady } from '../../engine/engine.ts';
import { Question } from '../question.ts';
import { network, weights } from '../state.ts';

/** Filters, and slices of each, that are shown at a time. */
export const mostOutputs = 32;
export const mostInputs = 64;

const chosen = signal<string | undefined>(undefined);
/** The first output and the first input that are shown. */
export const firstOutput = signal(0);
export const firstInput = signal(0);
export const filters = new Question<Filters>();

/** The convolution whose filters are shown; at first that which reads the picture. */
export const convolution = computed<InsideConvolution | undefined>(() => {
  const { value } = network.answer;
  if (value.kind !== 'there') return undefined;
  const { convolutions } = value.value;
  return convolutions.find(({ layer }) => layer === chosen.value) ?? convolutions.at(0);
});

export function choose(layer: string): void {
  [firstOutput.value, firstInput.value] = [0, 0];
  chosen.value = layer;
}

/** Asks for the filters that are to be seen. Gives what ends that. */
export function beginFilters(): () => void {
  const end = effect(() => {
    const [of, about] = [weights.value, convolution.value];
    const outputs = { from: firstOutput.value, count: mostOutputs };
    const inputs = { from: firstInput.value, count: mostInputs };
    if (of === undefined || about === undefined) filters.clear();
    else {
      const query = { weights: of, layer: about.layer, outputs, inputs };
      filters.ask(async (signal) => (await whenReady()).call('filters', [query], { signal }));
    }
  });
  return () => {
    end();
    filters.clear();
  };
}
