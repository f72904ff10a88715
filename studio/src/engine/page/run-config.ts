import { CardinalError } from 'cardinal-nn';
import type { settingsOf } from 'cardinal-nn/studio';
import { bundledId, keptPrefix, ofFiles } from './data-ids.ts';
import { textAt } from './private-files.ts';

/** `config.json` of a run, as the library wrote it; whoever trains checks it. */
type RunConfig = Parameters<typeof settingsOf>[0];

/** The settings of a run by its path; undefined if they are not there or damaged. */
export async function configAt(path: string): Promise<RunConfig | undefined> {
  try {
    return JSON.parse((await textAt(`${path}/config.json`)) ?? '') as RunConfig;
  } catch {
    return undefined;
  }
}

/** The id of the data that a run was trained on. */
export function dataOf({ data }: RunConfig): string {
  return data === ofFiles ? bundledId : `${keptPrefix}${data}`;
}

/** The settings of a run that is to go on. Throws a `CardinalError` if there are none. */
export async function configToContinue(path: string): Promise<RunConfig> {
  const config = await configAt(path);
  if (config !== undefined) return config;
  throw new CardinalError(
    `${nameOf(path)} cannot go on: its settings (config.json) are not there or damaged; begin another run`,
  );
}

/** What a run at a path is called. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
