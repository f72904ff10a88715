import { CardinalError } from '../base/errors.ts';
import { jsonValue, parseJson } from '../base/validate.ts';
import {
  isPretrainedConfig,
  readPretrainedConfig,
  type PretrainedConfig,
} from '../data/pretrained-config.ts';
import { faultOf } from './hub-error.ts';
import type { HubSource } from './source.ts';

/** What a repository's weights may be called, best first. */
export const weightsFiles = ['model.safetensors', 'pytorch_model.bin'] as const;
export const configFile = 'config.json';
/** Those of timm have a few KiB; names of 22,000 classes take less than one MiB. In bytes. */
export const mostConfig = 2 ** 24;

/** A file of a repository, where the platform has it. */
interface RepositoryFile {
  readonly commit: string;
}

/** One revision of a repository, for as long as a call lasts: all files come from the same commit. */
export interface Repository<F extends RepositoryFile> extends Pick<HubSource, 'name' | 'page' | 'warn'> {
  /** Whether the cache alone is asked, because of the settings or because the hub did not answer. */
  readonly isOffline: boolean;
  /**
   * A file, of at most `most` bytes, from the cache or the hub. Throws a `HubError`, whose fault is `absent` if the repository has no
   * such file, or if the cache has not while only the cache can be asked.
   */
  fetch(file: string, most?: number): Promise<F>;
  readText(file: F, most: number): Promise<string>;
  /** Notes in the cache what the revision stands for, once everything wanted is there. */
  remember(): Promise<void>;
  /** `hf:owner/repo@commit/file`: where something is from, for good. */
  origin(commit: string, file?: string): string;
}

/** Weights from the hub. */
export interface ResolvedWeights<F extends RepositoryFile> {
  readonly found: F;
  /** What the repository's `config.json` records of them; `undefined` if it has none, or another library's. */
  readonly config: PretrainedConfig | undefined;
  /** `hf:owner/repo@commit/file`. */
  readonly origin: string;
}

/**
 * Finds the weights that `given`, the repository's name, names, and what the repository records of them; all of one commit. Unless a
 * file is named, `model.safetensors` is taken, or else `pytorch_model.bin`. Throws what `fetch` throws, and a `CardinalError` for a
 * `config.json` of timm's that cannot be followed exactly.
 */
export async function resolveWeights<F extends RepositoryFile>(
  repo: Repository<F>,
  given: string,
): Promise<ResolvedWeights<F>> {
  const { file: named, revision } = repo.name;
  // First, because it is small: what is wrong with it is reported before the weights are downloaded.
  const config = await readConfig(repo);
  let absence: unknown;
  for (const file of named === undefined ? weightsFiles : [named]) {
    try {
      const found = await repo.fetch(file);
      await repo.remember();
      return { found, config, origin: repo.origin(found.commit, file) };
    } catch (error) {
      if (faultOf(error) !== 'absent') throw error;
      absence ??= error;
    }
  }
  if (named !== undefined || repo.isOffline) throw absence;
  throw new CardinalError(
    `${given} has neither ${weightsFiles.join(' nor ')}: name one of the files that ${repo.page}/tree/${revision} lists`,
  );
}

async function readConfig<F extends RepositoryFile>(
  repo: Repository<F>,
): Promise<PretrainedConfig | undefined> {
  let found: F;
  try {
    found = await repo.fetch(configFile, mostConfig);
  } catch (error) {
    if (faultOf(error) === 'absent') return undefined;
    throw error;
  }
  const origin = repo.origin(found.commit, configFile);
  return configOf(await repo.readText(found, mostConfig), origin, (message) => {
    repo.warn(message);
  });
}

/** What a `config.json` says of weights; nothing, with a warning, if it is another library's. Throws a `CardinalError` as `readPretrainedConfig`. */
export function configOf(
  text: string,
  origin: string,
  warn: (message: string) => void,
): PretrainedConfig | undefined {
  const value = parseJson(jsonValue, text, origin);
  if (isPretrainedConfig(value)) return readPretrainedConfig(value, origin);
  warn(`${origin} is not timm's: it does not say how pictures are prepared`);
  return undefined;
}
