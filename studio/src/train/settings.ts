import { signal } from '@preact/signals';
import type { TrainRequest } from 'cardinal-nn/studio';
import { suggestions } from './networks.ts';

/** What the controls say. What is undefined is the recipe's. */
export interface Settings extends Pick<
  TrainRequest,
  'batchSize' | 'learningRate' | 'augment' | 'imageSize' | 'patience' | 'recipe' | 'seed'
> {
  /** A suggestion's label, or `chosen`: the one of the room Network. */
  readonly network: string;
  readonly epochs: number;
  /** The id of weights or a run to begin with. */
  readonly begin: string | undefined;
}

export const settings = signal<Settings>({ network: suggestions[0].label, epochs: 10, begin: undefined });

export function set(changes: Partial<Settings>): void {
  settings.value = { ...settings.value, ...changes };
}
