import { UsageError } from '../base/errors.ts';
import { joinedParts } from '../base/joined-bytes.ts';
import { checkKind, checkOptions, text, type Kinds } from '../base/options.ts';
import { isHubName } from '../hub/name.ts';
import { temperatureKind } from '../train/reliability.ts';
import { withTemperature } from '../use/temperature.ts';
import { writeFileAtomic } from './files.ts';
import { withWeightsFile } from './weights-file.ts';

/** Options of `saveTemperature`. */
export interface SaveTemperatureOptions {
  /** The file to write. Default: the checkpoint itself. */
  readonly out?: string | undefined;
}

const kinds: Kinds<SaveTemperatureOptions> = { out: text };

/**
 * Writes a temperature (`calibrate` finds one) into a checkpoint, whole or not at all: whoever classifies by it divides logits by that
 * number. Its weights do not change. Gives the path of the file.
 * @throws {UsageError} if it is no checkpoint of Cardinal's for classes, or the hub's and there is no `out`.
 * @throws {CardinalError} if it is damaged, or cannot be written.
 */
export async function saveTemperature(
  path: string | URL,
  temperature: number,
  options: SaveTemperatureOptions = {},
): Promise<string> {
  checkKind('saveTemperature', 'the temperature', temperature, temperatureKind);
  checkOptions('saveTemperature', options, kinds);
  const { out } = options;
  refuseHub(path, out);
  // It may be the same file, which is closed before it is replaced.
  const read = await withWeightsFile(path, async (file) => ({
    bytes: await joinedParts(withTemperature(file, temperature)),
    path: file.path,
  }));
  const to = out ?? read.path;
  await writeFileAtomic(to, read.bytes);
  return to;
}

/** Throws what `saveTemperature` would, before a temperature is known. */
export async function requireCalibratable(path: string, out: string | undefined): Promise<void> {
  refuseHub(path, out);
  await withWeightsFile(path, (file) => Promise.resolve(withTemperature(file, 1)));
}

function refuseHub(path: string | URL, out: string | undefined): void {
  if (out !== undefined || !isHubName(String(path))) return;
  throw new UsageError(
    `${String(path)} is the hub's: name a file for the calibrated checkpoint with \`out\``,
  );
}
