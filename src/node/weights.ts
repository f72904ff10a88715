import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { checkKind, checkOptions, oneOf, record, text, type Kinds } from '../base/options.ts';
import { checkModule, Module, type AnyModule } from '../nn/module.ts';
import { loadTensors, type LoadedWeights, type LoadWeightsOptions } from '../weights/load.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { writeSafetensors } from '../weights/safetensors.ts';
import { writeFileAtomic } from './files.ts';
import type { HubOptions } from './hub/repo.ts';
import { loadKinds } from './trained.ts';
import { tensorsFor } from '../use/opened-weights.ts';
import { withWeightsFile } from './weights-file.ts';

/**
 * Writes a network's weights and running statistics to a safetensors file, under PyTorch's names. The file is replaced
 * whole or not at all. Throws a `CardinalError` if it cannot be written.
 */
export async function saveWeights(
  model: AnyModule,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  checkModule('saveWeights', 'the network', model);
  checkKind('saveWeights', 'the file', path, text);
  checkKind('saveWeights', 'metadata', metadata, record);
  await writeFileAtomic(path, await writeSafetensors(model.stateDict(), { format: 'pt', ...metadata }));
}

export interface LoadIntoOptions
  extends Pick<LoadWeightsOptions, 'head' | 'inChannels' | 'partial'>, VerifyOptions {
  readonly hub?: HubOptions | undefined;
}

const loadIntoKinds: Kinds<LoadIntoOptions> = {
  head: oneOf('keep', 'reset'),
  inChannels: loadKinds.inChannels,
  partial: loadKinds.partial,
  hub: loadKinds.hub,
  verify: loadKinds.verify,
};

/**
 * Loads weights into a network: a checkpoint of Cardinal's, a safetensors file, a PyTorch file, or `hf:owner/repo`. The
 * names may be those of any name map. With `head: 'reset'` the classifier stays as it is, for other classes than the
 * weights were trained on; `inChannels`, the network's own, adapts weights of pictures of other channels; `partial: true`
 * loads what fits. Returns what was loaded and what was not. Throws a `CardinalError` if the file is damaged or does
 * not fit; then the network is unchanged.
 */
export async function loadWeights(
  model: AnyModule,
  path: string | URL,
  options: LoadIntoOptions = {},
): Promise<LoadedWeights> {
  if (!(model instanceof Module)) {
    throw new UsageError(`loadWeights: expected the network to load into, got ${described(model)}`);
  }
  checkOptions('loadWeights', options, loadIntoKinds);
  const { hub, verify, ...how } = options;
  return withWeightsFile(
    path,
    (file) =>
      loadTensors(model, tensorsFor(model, file), { source: file.name, unreadable: file.unreadable, ...how }),
    hub,
    { verify },
  );
}
