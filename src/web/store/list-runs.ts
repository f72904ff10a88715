import * as z from 'zod/mini';
import { passOver } from '../../base/errors.ts';
import { byCodePoint } from '../../base/order.ts';
import { parseJson } from '../../base/validate.ts';
import { holdsCheckpoint } from '../../run/folder/checkpoints.ts';
import { namesIn, readTextFile } from '../../run/folder/files.ts';
import type { FolderPlatform } from '../../run/folder/platform.ts';
import { epochRecordSchema, type EpochRecord } from '../../train/progress.ts';
import { isLockedFolder } from './lock.ts';
import { opfsPrefix } from './paths.ts';
import { readMetrics } from './read-metrics.ts';
import { isRun } from './runs.ts';

/** A run of this site. */
export interface RunSummary {
  /** Its name for `trainOn`, `exportRun` and the others: `opfs:runs/pets`. */
  readonly path: string;
  /** When it was begun, in ISO 8601; undefined if its settings are not there or damaged. */
  readonly startedAt: string | undefined;
  /** The network's name. */
  readonly model: string | undefined;
  /** Epochs that it is to have. */
  readonly epochs: number | undefined;
  /** Optimiser steps that its metrics tell of. */
  readonly step: number;
  /** What the newest epoch came to. */
  readonly newest: EpochRecord | undefined;
  /** Whether it has a checkpoint to continue from. */
  readonly canContinue: boolean;
  /** Whether some tab trains in it just now. */
  readonly inUse: boolean;
  /** What all of its files take. */
  readonly bytes: number;
}

/** What is shown of `config.json`. */
const shownSchema = z.looseObject({
  startedAt: z.string(),
  model: z.looseObject({ name: z.string() }),
  recipe: z.looseObject({ epochs: z.number() }),
});

/** How deep in folders runs are looked for. */
const deepest = 4;
const mostConfigBytes = 2 ** 24;
/** Lines of the metrics that are read: the newest epoch is as a rule among them. */
const mostLines = 500;

/** The runs of this site, by name. */
export async function listRuns(platform: FolderPlatform): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  for await (const { path, files, bytes } of foldersIn(opfsPrefix, deepest, platform)) {
    if (isRun(files)) runs.push(await summaryOf(path, files, bytes, platform));
  }
  return runs;
}

interface Folder {
  readonly path: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

async function* foldersIn(path: string, depth: number, platform: FolderPlatform): AsyncGenerator<Folder> {
  const files: string[] = [];
  const folders: string[] = [];
  let bytes = 0;
  for (const name of (await namesIn(path, platform)).toSorted(byCodePoint)) {
    const each = platform.paths.join(path, name);
    const stats = await platform.files.stat(each).catch(() => undefined);
    if (stats?.isFile() === true) {
      files.push(name);
      bytes += stats.size;
    } else if (stats !== undefined && !name.startsWith('.')) folders.push(each);
  }
  yield { path, files, bytes };
  if (depth > 0) for (const folder of folders) yield* foldersIn(folder, depth - 1, platform);
}

async function summaryOf(
  path: string,
  files: readonly string[],
  bytes: number,
  platform: FolderPlatform,
): Promise<RunSummary> {
  const config = platform.paths.join(path, 'config.json');
  const shown = files.includes('config.json')
    ? await readTextFile(config, mostConfigBytes, platform)
        .then((text) => parseJson(shownSchema, text, config))
        .catch(passOver(undefined))
    : undefined;
  const lines = await readMetrics(path, { last: mostLines }, platform);
  const epochs = lines.flatMap((line) => {
    const read = line.type === 'epoch' ? epochRecordSchema.safeParse(line) : undefined;
    return read?.success === true ? [read.data] : [];
  });
  return {
    path,
    startedAt: shown?.startedAt,
    model: shown?.model.name,
    epochs: shown?.recipe.epochs,
    step: lines.reduce((most, { step = 0 }) => Math.max(most, step), 0),
    newest: epochs.at(-1),
    canContinue: holdsCheckpoint(files),
    inUse: await isLockedFolder(path),
    bytes,
  };
}
