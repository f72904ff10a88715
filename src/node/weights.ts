import type { Module } from '../nn/module.ts';
import { loadTensors } from '../weights/load.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { writeFileAtomic } from './files.ts';
import type { HubOptions } from './hub/repo.ts';
import { tensorsFor, withWeightsFile } from './weights-file.ts';

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
 * Loads weights into a network: a checkpoint of Cardinal's, a safetensors file, a PyTorch file, or `hf:owner/repo`. The
 * names may be those of any name map. With `head: 'reset'` the classifier stays as it is, for other classes than the
 * weights were trained on. Throws a `CardinalError` if the file is damaged or does not fit; then the network is unchanged.
 */
export async function loadWeights(
  model: Module,
  path: string,
  { head, hub }: { readonly head?: 'keep' | 'reset'; readonly hub?: HubOptions } = {},
): Promise<void> {
  await withWeightsFile(
    path,
    (file) => loadTensors(model, tensorsFor(model, file), { source: path, head }),
    hub,
  );
}
