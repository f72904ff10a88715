import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod/mini';
import { CardinalError } from '../../base/errors.ts';
import { checkKind, checkOptions, record, text } from '../../base/options.ts';
import { byCodePoint } from '../../base/order.ts';
import { isFolder, namesIn } from '../files.ts';
import { studyConfigSchema } from '../study/study-folder.ts';
import { verificationOf, type Check, type Verification } from './check.ts';
import { isRun, verifyJson, verifyRun } from './run.ts';
import { verifyWeights } from './weights.ts';

const weightsEndings = ['.safetensors', '.pth', '.pt', '.th', '.bin'];
const studyFile = 'study.json';

/**
 * Verifies everything there is at a path: a file of weights; a run folder, with its checkpoints, metrics and
 * settings; a study's folder with its runs; or a folder of such files and folders, each of which is visited once.
 * What a file does not record of itself is in its notes.
 *
 *     const { checks, damaged } = await verify('runs/demo');
 *
 * Throws a `CardinalError` if there is nothing to verify, or if a file cannot be read for another reason than damage.
 */
export async function verify(path: string, options: VerifyRunOptions = {}): Promise<Verification> {
  checkKind('verify', 'the path', path, text);
  checkOptions('verify', options, { config: record });
  if (!(await isFolder(path))) return verificationOf([await verifyWeights(path)]);
  const checks = await verifyFolder(path, options, new Set());
  if (checks.length === 0) {
    throw new CardinalError(
      `${path} has nothing to verify: expected a run, a study, files of weights (${weightsEndings.join(', ')}), or folders of them`,
    );
  }
  return verificationOf(checks);
}

export interface VerifyRunOptions {
  /** What a run's `config.json` must be. Default: any JSON object. */
  readonly config?: z.ZodMiniType | undefined;
}

/** `visited`: the real paths of folders, since links may lead in circles. */
async function verifyFolder(
  path: string,
  { config }: VerifyRunOptions,
  visited: Set<string>,
): Promise<Check[]> {
  const real = await realpath(path);
  if (visited.has(real)) return [];
  visited.add(real);
  const names = (await namesIn(path)).toSorted(byCodePoint);
  if (isRun(names)) return verifyRun(path, config);
  const checks: Check[] = [];
  for (const name of names) {
    const inside = join(path, name);
    if (name === studyFile) checks.push(await verifyJson(inside, 'what is studied', studyConfigSchema));
    else if (name.startsWith('.')) continue;
    else if (await isFolder(inside)) {
      for (const check of await verifyFolder(inside, { config }, visited)) checks.push(check);
    } else if (weightsEndings.some((ending) => name.toLowerCase().endsWith(ending)))
      checks.push(await verifyWeights(inside));
  }
  return checks;
}
