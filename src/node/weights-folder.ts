import { basename, join } from 'node:path';
import { CardinalError } from '../base/errors.ts';
import { visible } from '../base/quoted.ts';
import { configFile, configOf, mostConfig, weightsFiles } from '../hub/resolve.ts';
import { knownOfConfig } from '../use/known-of-config.ts';
import type { KnownOfWeights } from '../use/opened-weights.ts';
import { readTextFile } from './files.ts';
import { kindOf } from './kind-of.ts';

/**
 * Weights in a folder that is laid out as a repository of the hub: `model.safetensors`, or else `pytorch_model.bin`, and what a
 * `config.json` beside it says of them. Undefined if `path` is no folder. Throws a `CardinalError` if there are no weights in it, and for
 * a `config.json` that cannot be followed exactly.
 */
export async function locateInFolder(
  path: string,
  onWarning: ((message: string) => void) | undefined,
): Promise<{ readonly path: string; readonly known: KnownOfWeights } | undefined> {
  if ((await kindOf(path)) !== 'folder') return undefined;
  for (const name of weightsFiles) {
    const file = join(path, name);
    if ((await kindOf(file)) !== 'file') continue;
    const config = join(path, configFile);
    if ((await kindOf(config)) !== 'file')
      return { path: file, known: { origin: `${basename(path)}/${name}` } };
    const known = configOf(await readTextFile(config, mostConfig), config, (message) => {
      onWarning?.(visible(message));
    });
    return { path: file, known: knownOfConfig(known, `${basename(path)}/${name}`) };
  }
  throw new CardinalError(
    `${path} is a folder without ${weightsFiles.join(' or ')}: name the file of weights, or a folder as the hub has it`,
  );
}
