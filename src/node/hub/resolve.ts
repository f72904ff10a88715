import type { PretrainedConfig } from '../../data/pretrained-config.ts';
import { parseHubName } from '../../hub/name.ts';
import { resolveWeights } from '../../hub/resolve.ts';
import { HubRepo, type HubOptions } from './repo.ts';

/** Weights from the hub, on this machine. */
export interface HubWeights {
  readonly path: string;
  /** What the repository's `config.json` records of them; `undefined` if it has none, or another library's. */
  readonly config: PretrainedConfig | undefined;
  /** `hf:owner/repo@commit/file`. */
  readonly origin: string;
  readonly commit: string;
}

/**
 * Finds the weights that `hf:owner/repo[@revision][/file]` names, downloads them if need be, and returns them with
 * what their repository records of them; all of one commit. Unless a file is named, `model.safetensors` is taken, or
 * else `pytorch_model.bin`. Throws a `CardinalError` as `fetchFromHub` does, and for a `config.json` of timm's that
 * cannot be followed exactly.
 */
export async function resolveHub(name: string, options: HubOptions = {}): Promise<HubWeights> {
  const repo = await HubRepo.open(parseHubName(name), options);
  const { found, config, origin } = await resolveWeights(repo, name);
  return { ...found, config, origin };
}
