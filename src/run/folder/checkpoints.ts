import { CardinalError } from '../../base/errors.ts';
import { parseCheckpoint, type Checkpoint } from '../../train/checkpoint.ts';
import { damageCure, type VerifyOptions } from '../../weights/digest.ts';
import { hasCode, isMissing } from '../../base/file-errors.ts';
import type { FilePlatform } from './file-system.ts';
import { readFile } from './files.ts';

/** The checkpoints of a run folder, the newest and the one before it first. */
export const lastFile = 'last.safetensors';
export const previousFile = 'previous.safetensors';
export const bestFile = 'best.safetensors';
/** What becomes of a damaged `last.safetensors` when the next one is saved. */
export const damagedFile = 'last.safetensors.damaged';

/** Whether a folder of these names has something to continue from. */
export function holdsCheckpoint(names: readonly string[]): boolean {
  return names.includes(lastFile) || names.includes(previousFile);
}

/** Reads a checkpoint of a run folder. Throws a `CardinalError` if it is not there or damaged. */
export async function readCheckpointFile(
  folder: string,
  name: string,
  options: VerifyOptions,
  platform: FilePlatform,
): Promise<Checkpoint> {
  const path = platform.paths.join(folder, name);
  return parseCheckpoint(await readFile(path, undefined, platform), path, options);
}

/** What is wrong with a checkpoint, without what to do about it. Throws the error on if trying again may help. */
export function damageOf(error: unknown, path: string): string {
  if (!(error instanceof CardinalError)) throw error;
  if (isMissing(error)) return `${path} is missing`;
  // What the file system says of a file that is there, such as that it is not ours to read, is no damage; a bad sector is.
  if (error.cause !== undefined && !hasCode(error.cause, 'EIO')) throw error;
  return error.message.replace(`: ${damageCure}`, '');
}
