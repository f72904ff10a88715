import type { Module } from '../nn/module.ts';
import { parseWeights } from '../train/checkpoint.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { readFile, writeFileAtomic } from './files.ts';

/**
 * Writes a network's weights and running statistics to a safetensors file, under PyTorch's names. The file is replaced
 * whole or not at all. Throws a `CardinalError` if it cannot be written.
 */
export async function saveWeights(
  model: Module,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, writeSafetensors(model.stateDict(), { format: 'pt', ...metadata }));
}

/**
 * Loads the weights of a safetensors file, a checkpoint of Cardinal's or any other, into a network.
 * Throws a `CardinalError` if the file is damaged or does not fit; then the network is unchanged.
 */
export async function loadWeights(model: Module, path: string): Promise<void> {
  const { state } = parseWeights(await readFile(path), path);
  model.loadStateDict(state);
}
