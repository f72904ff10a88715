import { join } from 'node:path';
import * as z from 'zod/mini';
import { CardinalError } from '../../base/errors.ts';
import { jsonObject, parseJson } from '../../base/validate.ts';
import { count } from '../../report/format.ts';
import { outcomeSchema } from '../../study/outcome.ts';
import { parseCheckpoint } from '../../train/checkpoint.ts';
import {
  bestFile,
  damagedFile,
  holdsCheckpoint,
  lastFile,
  previousFile,
} from '../../run/folder/checkpoints.ts';
import { pictureListFile } from '../../run/pictures/picture-list.ts';
import { countListed } from '../../run/pictures/read-list.ts';
import { nodeFiles } from '../file-system.ts';
import { nodeLists } from '../folder-platform.ts';
import { namesIn, readFile, readTextFile } from '../files.ts';
import { Faults, faultLines, readMetricsFile } from '../../run/folder/metrics-file.ts';
import { metricsName } from '../../run/folder/run-folder.ts';
import { checked, unsummed, type Check } from './check.ts';
import { verifyWeights } from './weights.ts';

/** Whether a folder of these names is a run's. */
export function isRun(names: readonly string[]): boolean {
  return (
    holdsCheckpoint(names) || [metricsName, 'config.json', bestFile].some((name) => names.includes(name))
  );
}

/** Verifies all that is in a run folder. `config` is what `config.json` must be; any object by default. */
export async function verifyRun(path: string, config: z.ZodMiniType = jsonObject): Promise<Check[]> {
  const names = await namesIn(path);
  const has = (name: string): boolean => names.includes(name);
  const at = (name: string): string => join(path, name);
  const checks: Check[] = [];
  const add = async (name: string, check: (file: string) => Promise<Check>): Promise<void> => {
    if (has(name)) checks.push(await check(at(name)));
  };
  for (const name of [lastFile, previousFile, bestFile]) await add(name, verifyWeights);
  if (!has(lastFile) && has(previousFile)) {
    checks.push(faulty(at(lastFile), `it is missing; \`resume\` goes on from ${previousFile}`));
  }
  await add(metricsName, (file) => verifyMetrics(file));
  await add('config.json', (file) => verifyJson(file, 'settings', config));
  await add('outcome.json', (file) => verifyJson(file, 'what the run came to', outcomeSchema));
  await add(pictureListFile, (file) =>
    checked(file, 'list of pictures', async () => ({
      what: `${count(await picturesListed(file))} pictures`,
      ...{ result: 'ok', checksum: 'CRC-32', notes: [] },
    })),
  );
  if (has(damagedFile)) {
    checks.push({
      ...faulty(at(damagedFile), 'the run went on from the checkpoint before it; it can be deleted'),
      result: 'doubtful',
    });
  }
  await compareSteps(path, has, checks);
  return checks;
}

/** Pictures that a list names: gzip has a CRC-32 of its own. */
async function picturesListed(file: string): Promise<number> {
  const listed = await countListed(await readFile(file), nodeLists);
  if (listed === undefined)
    throw new CardinalError(`${file} is damaged: it is no list of pictures in gzip (CRC-32)`);
  return listed;
}

/** Every step of a checkpoint is in the metrics before the checkpoint is written. */
async function compareSteps(path: string, has: (name: string) => boolean, checks: Check[]): Promise<void> {
  if (!has(lastFile) || !has(metricsName) || checks.some(({ result }) => result === 'damaged')) return;
  const file = join(path, lastFile);
  const step = (await parseCheckpoint(await readFile(file), file)).training?.progress.step ?? 0;
  let reached = 0;
  for await (const { record } of readMetricsFile(join(path, metricsName), nodeFiles)) {
    if (record?.type === 'step') reached = Math.max(reached, record.step ?? 0);
  }
  if (reached >= step) return;
  checks.push(
    faulty(
      join(path, metricsName),
      `it ends at step ${reached}, the checkpoint is of step ${step}: its end is lost`,
    ),
  );
}

async function verifyMetrics(file: string): Promise<Check> {
  return checked(file, 'metrics', async () => {
    const faults = new Faults();
    let lines = 0;
    let unsummedLines = 0;
    let isCut = false;
    for await (const line of readMetricsFile(file, nodeFiles)) {
      faults.note(line);
      lines++;
      if (line.record !== undefined && !line.summed) unsummedLines++;
      isCut = line.record === undefined && line.fault === undefined;
    }
    const most = 5;
    return {
      what: `${count(lines)} ${lines === 1 ? 'line' : 'lines'}`,
      result: faults.all.length > 0 ? 'damaged' : 'ok',
      checksum: unsummedLines < lines || lines === 0 ? 'CRC-32' : undefined,
      notes: [
        ...faultLines(file, faults.all, most),
        ...(isCut ? ['the last line is unfinished, as a killed process leaves it: that is no damage'] : []),
        ...(unsummedLines > 0
          ? [`${count(unsummedLines)} lines have no checksum: of an earlier version`]
          : []),
      ],
    };
  });
}

export function verifyJson(file: string, what: string, schema: z.ZodMiniType): Promise<Check> {
  return checked(file, what, async () => {
    parseJson(schema, await readTextFile(file), file);
    return { what, result: 'ok', checksum: undefined, notes: [unsummed.json] };
  });
}

function faulty(file: string, note: string): Check {
  return { file, what: 'checkpoint', result: 'damaged', checksum: undefined, notes: [note] };
}
