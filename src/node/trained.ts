import { checkOptions, record, type Kinds } from '../base/options.ts';
import type { AnyModule, Module } from '../nn/module.ts';
import { loadFrom, trainedKinds, type Trained, type TrainedOptions } from '../use/trained.ts';
import type { HubOptions } from './hub/repo.ts';
import { withWeightsFile } from './weights-file.ts';

export interface LoadOptions<Model extends AnyModule = Module> extends TrainedOptions<Model> {
  /** For `hf:` names: progress, warnings, another cache. */
  readonly hub?: HubOptions | undefined;
}

export const loadKinds: Kinds<LoadOptions<AnyModule>> = { ...trainedKinds, hub: record };

/**
 * Loads a checkpoint of Cardinal's, or bare weights (PyTorch's `.pth`, safetensors, `hf:owner/repo`) if `model` or
 * the repository names their network. Throws a `CardinalError` if the file is damaged or of another network than
 * `model`. A network that is given as `model` may take and give several values; it is given back as what it is.
 */
export function loadTrained<Model extends AnyModule>(
  path: string | URL,
  options: LoadOptions<Model> & { readonly model: Model },
): Promise<Trained<Model>>;
export function loadTrained(path: string | URL, options?: LoadOptions): Promise<Trained>;
export function loadTrained(path: string | URL, options: LoadOptions<AnyModule>): Promise<Trained<AnyModule>>;
export async function loadTrained(
  path: string | URL,
  options: LoadOptions<AnyModule> = {},
): Promise<Trained<AnyModule>> {
  checkOptions('loadTrained', options, loadKinds);
  return withWeightsFile(path, (file) => loadFrom(file, options), options.hub, options);
}
