import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { knownOfConfig } from '../use/known-of-config.ts';
import { openWeightsFrom, type KnownOfWeights, type OpenedWeights } from '../use/opened-weights.ts';
import type { ByteSource } from '../weights/byte-source.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { openFileSource } from './byte-source.ts';
import { isHubName } from '../hub/name.ts';
import type { HubOptions } from './hub/repo.ts';
import { locateInFolder } from './weights-folder.ts';

/** A file of weights on the disk, opened. */
export interface WeightsFile extends OpenedWeights {
  /** Where it lies; of the hub's, in the cache. */
  readonly path: string;
  /** SHA-256 of the whole file, as lower-case hexadecimal. */
  digest(): Promise<string>;
}

/**
 * Opens a file of weights for `work` and closes it afterwards, whatever happens; `hf:owner/repo` is downloaded first. Throws
 * a `CardinalError` if the file is not there, and as `openWeightsFrom` does.
 */
export async function withWeightsFile<T>(
  given: string | URL,
  work: (file: WeightsFile) => Promise<T>,
  hub: HubOptions = {},
  options: VerifyOptions = {},
): Promise<T> {
  const name = nameOf(given);
  refuseAddress(name);
  const { path, known } = await locate(name, hub);
  const source = await openFileSource(path).catch((error: unknown) => {
    // A repository's name looks like a path.
    const maybeRepo = /^[\w.-]+\/[\w.-]+$/.test(name) && !/\.(safetensors|pth|pt|th|bin)$/.test(name);
    throw maybeRepo && error instanceof CardinalError
      ? new CardinalError(`${error.message} (or hf:${name}, if the hub's is meant)`)
      : error;
  });
  try {
    const { verify } = options;
    const opened = await openWeightsFrom({ ...source, name }, known, { verify });
    return await work({ ...opened, path, digest: () => digestOf(source) });
  } finally {
    await source.close();
  }
}

async function digestOf(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < source.size; at += digestPart)
    hash.update(await source.read(at, Math.min(digestPart, source.size - at)));
  return hash.digest('hex');
}

/** Bytes that are hashed at once. */
const digestPart = 2 ** 22;

/** Throws a `UsageError` for what is neither a path nor a URL, whatever types say. */
function nameOf(given: unknown): string {
  if (given instanceof URL) return given.protocol === 'file:' ? fileURLToPath(given) : given.href;
  if (typeof given === 'string' && given !== '') return given;
  throw new UsageError(
    `weights: expected the path or file: URL of a file, or hf:owner/repo, got ${described(given)}`,
  );
}

/** An address of the web is no file, and what is meant can be said: the hub's have a short form, others are fetched first. */
function refuseAddress(name: string): void {
  if (!/^https?:\/\//i.test(name)) return;
  const repo = /^https?:\/\/(?:huggingface\.co|hf\.co)\/([^/?#]+\/[^/?#]+)/i.exec(name)?.[1];
  throw new UsageError(
    `${name} is an address, expected a file: ${repo === undefined ? 'download it and name the file' : `give hf:${repo}`}`,
  );
}

async function locate(
  name: string,
  hub: HubOptions,
): Promise<{ readonly path: string; readonly known: KnownOfWeights }> {
  if (!isHubName(name)) {
    const inFolder = await locateInFolder(name, hub.onWarning);
    return inFolder ?? { path: name, known: { origin: basename(name) } };
  }
  // Loaded when it is needed: most files are on this machine.
  const { resolveHub } = await import('./hub/resolve.ts');
  const { path, config, origin } = await resolveHub(name, hub);
  return { path, known: knownOfConfig(config, origin) };
}
