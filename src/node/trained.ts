import { checkOptions, record, type Kinds } from '../base/options.ts';
import { loadFrom, trainedKinds, type Trained, type TrainedOptions } from '../use/trained.ts';
import type { HubOptions } from './hub/repo.ts';
import { withWeightsFile } from './weights-file.ts';

export interface LoadOptions extends TrainedOptions {
  /** For `hf:` names: progress, warnings, another cache. */
  readonly hub?: HubOptions | undefined;
}

export const loadKinds: Kinds<LoadOptions> = { ...trainedKinds, hub: record };

/**
 * Loads a checkpoint of Cardinal's, or bare weights (PyTorch's `.pth`, safetensors, `hf:owner/repo`) if `model` or
 * the repository names their network. Throws a `CardinalError` if the file is damaged or of another network than
 * `model`.
 */
export async function loadTrained(path: string | URL, options: LoadOptions = {}): Promise<Trained> {
  checkOptions('loadTrained', options, loadKinds);
  return withWeightsFile(path, (file) => loadFrom(file, options), options.hub, options);
}
