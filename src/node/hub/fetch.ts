import { UsageError } from '../../base/errors.ts';
import { parseHubName } from '../../hub/name.ts';
import { HubRepo, type HubFile, type HubOptions } from './repo.ts';

/**
 * Downloads a file of a repository on the Hugging Face hub, unless the cache has it, and returns its path. The cache
 * is huggingface_hub's, so a file that Python downloaded is used and the other way round.
 *
 * `name` is `hf:owner/repo[@revision]/file`. The environment sets the rest, as for huggingface_hub: `HF_TOKEN`,
 * `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE`. Throws a `CardinalError` of one line if it cannot be
 * downloaded; what arrived is kept, and the next call continues from there.
 */
export async function fetchFromHub(name: string, options: HubOptions = {}): Promise<HubFile> {
  const parsed = parseHubName(name);
  if (parsed.file === undefined) {
    throw new UsageError(`${JSON.stringify(name)} names no file: expected hf:owner/repo/file`);
  }
  const repo = await HubRepo.open(parsed, options);
  const found = await repo.fetch(parsed.file);
  await repo.remember();
  return found;
}
