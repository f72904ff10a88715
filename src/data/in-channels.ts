import type { Preprocessing } from './preprocessing.ts';

/**
 * A preprocessing for another number of channels, beside weights that were adapted to it: one channel gets the averages of
 * mean and standard deviation, three get those of the one. timm leaves both to its caller.
 */
export function adaptPreprocessing(preprocessing: Preprocessing, channels: 1 | 3): Preprocessing {
  if (preprocessing.channels === channels) return preprocessing;
  const { mean, std } = adaptStatistics(preprocessing, channels);
  return { ...preprocessing, channels, mean, std };
}

export function adaptStatistics(
  { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] },
  channels: 1 | 3,
): { readonly mean: number[]; readonly std: number[] } {
  const adapted = (values: readonly number[]): number[] => {
    if (values.length === channels) return [...values];
    return Array<number>(channels).fill(values.reduce((sum, value) => sum + value, 0) / values.length);
  };
  return { mean: adapted(mean), std: adapted(std) };
}
