import { readdir, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import { CardinalError } from '../../../base/errors.ts';
import { fileError, hasCode } from '../../../base/file-errors.ts';
import { byCodePoint } from '../../../base/order.ts';
import { isHubName } from '../../../hub/name.ts';
import { isData } from '../../../node/data/is-data.ts';
import { kindOf } from '../../../node/kind-of.ts';

/** What was named for the studio, by what it is. Paths are real ones: what a link points to later is not asked for. */
export type Named =
  | { readonly kind: 'data' | 'weights'; readonly path: string; readonly name: string }
  /** A run's folder; that of the example that comes with the package is never written to. */
  | {
      readonly kind: 'run';
      readonly path: string;
      readonly name: string;
      readonly isExample?: boolean | undefined;
    }
  /** A folder of runs, those that are to come included. */
  | { readonly kind: 'runs'; readonly path: string; readonly name: string };

/** Tells what each of the names is. Throws a `CardinalError` for a path where nothing is. */
export async function sorted(names: readonly string[]): Promise<Named[]> {
  return Promise.all(names.map(kindOfName));
}

async function kindOfName(given: string): Promise<Named> {
  if (isHubName(given)) return { kind: 'weights', path: given, name: given };
  if (given.startsWith('hf:') || /^https?:/.test(given)) return { kind: 'data', path: given, name: given };
  const kind = await kindOf(given);
  // An expression with braces names several shards.
  if (kind === undefined && given.includes('{'))
    return { kind: 'data', path: resolve(given), name: basename(given) };
  if (kind === undefined) throw new CardinalError(`${given} is not there: expected data, a run, or weights`);
  const path = await realpath(given).catch((error: unknown) => {
    throw fileError('open', given, error);
  });
  const name = basename(path);
  if (kind === 'file') return { kind: (await isData(path)) ? 'data' : 'weights', path, name };
  if (await isRun(path)) return { kind: 'run', path, name };
  if (await holdsRuns(path)) return { kind: 'runs', path, name };
  if ((await kindOf(join(path, 'model.safetensors'))) === 'file') return { kind: 'weights', path, name };
  return { kind: 'data', path, name };
}

/** Whether a folder is a run's: it has settings and metrics, as every run that has begun. */
export async function isRun(path: string): Promise<boolean> {
  const [config, metrics] = await Promise.all([
    kindOf(join(path, 'config.json')),
    kindOf(join(path, 'metrics.jsonl')),
  ]);
  return config === 'file' && metrics === 'file';
}

/** The runs in a folder, by name; none if it is not there. Links are not followed: they may lead anywhere. */
export async function runsIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw fileError('open', path, error);
  });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const runs = await Promise.all(
    folders.map(async ({ name }) => ((await isRun(join(path, name))) ? [join(path, name)] : [])),
  );
  return runs.flat().sort(byCodePoint);
}

async function holdsRuns(path: string): Promise<boolean> {
  return (await runsIn(path)).length > 0;
}
