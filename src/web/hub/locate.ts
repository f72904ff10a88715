import { UsageError } from '../../base/errors.ts';
import { isHubName, parseHubName } from '../../hub/name.ts';
import { resolveWeights } from '../../hub/resolve.ts';
import { knownOfConfig } from '../../use/known-of-config.ts';
import type { KnownOfWeights } from '../../use/opened-weights.ts';
import type { ByteSource } from '../../weights/byte-source.ts';
import { blobSource } from '../store/blob-source.ts';
import { fileAt } from '../store/file-at.ts';
import { isOpfsPath, opfsPaths } from '../store/paths.ts';
import { HubRepo, type WebHubOptions } from './repo.ts';

/** Weights that have a name, found: their bytes, and what is known of them from elsewhere. */
export interface LocatedWeights {
  readonly source: ByteSource;
  readonly known: KnownOfWeights;
}

/**
 * Finds weights of the hub (`hf:owner/repo[@revision][/file]`), downloaded if they are not there already, or of the private file system
 * (`opfs:runs/pets/best.safetensors`). For a dedicated worker. Throws a `CardinalError` if they cannot be had, the signal's reason if it
 * is aborted; what arrived of a download is kept, and the next call goes on from there.
 */
export async function locateWeights(name: string, options: WebHubOptions = {}): Promise<LocatedWeights> {
  if (isOpfsPath(name)) {
    return { source: blobSource(await fileAt(name), name), known: { origin: opfsPaths.basename(name) } };
  }
  if (!isHubName(name))
    throw new UsageError(`${name} is neither a name on the hub (hf:owner/repo) nor a file (opfs:runs/…)`);
  const repo = await HubRepo.open(parseHubName(name), options);
  const { found, config, origin } = await resolveWeights(repo, name);
  return { source: blobSource(found.blob, name), known: knownOfConfig(config, origin) };
}
