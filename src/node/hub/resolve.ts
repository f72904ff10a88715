import { CardinalError } from '../../base/errors.ts';
import { jsonValue, parseJson } from '../../base/validate.ts';
import {
  isPretrainedConfig,
  readPretrainedConfig,
  type PretrainedConfig,
} from '../../data/pretrained-config.ts';
import { readTextFile } from '../files.ts';
import { faultOf } from '../../hub/hub-error.ts';
import { parseHubName } from '../../hub/name.ts';
import { HubRepo, type HubFile, type HubOptions } from './repo.ts';

/** What a repository's weights may be called, best first. */
const weightsFiles = ['model.safetensors', 'pytorch_model.bin'] as const;
const configFile = 'config.json';
/** Those of timm have a few KiB; names of 22,000 classes take less than one MiB. In bytes. */
const mostConfig = 2 ** 24;

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
  const parsed = parseHubName(name);
  const repo = await HubRepo.open(parsed, options);
  // First, because it is small: what is wrong with it is reported before the weights are downloaded.
  const config = await readConfig(repo);
  const candidates = parsed.file === undefined ? weightsFiles : [parsed.file];
  let absence: unknown;
  for (const file of candidates) {
    try {
      const found = await repo.fetch(file);
      await repo.remember();
      return { ...found, config, origin: repo.origin(found.commit, file) };
    } catch (error) {
      if (faultOf(error) !== 'absent') throw error;
      absence ??= error;
    }
  }
  if (parsed.file !== undefined || repo.isOffline) throw absence;
  throw new CardinalError(
    `${name} has neither ${weightsFiles.join(' nor ')}: name one of the files that ${repo.page}/tree/${parsed.revision} lists`,
  );
}

async function readConfig(repo: HubRepo): Promise<PretrainedConfig | undefined> {
  let found: HubFile;
  try {
    found = await repo.fetch(configFile, mostConfig);
  } catch (error) {
    if (faultOf(error) === 'absent') return undefined;
    throw error;
  }
  const origin = repo.origin(found.commit, configFile);
  const value = parseJson(jsonValue, await readTextFile(found.path, mostConfig), origin);
  if (isPretrainedConfig(value)) return readPretrainedConfig(value, origin);
  repo.warn(`${origin} is not timm's: it does not say how pictures are prepared`);
  return undefined;
}
