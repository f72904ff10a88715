import type { FilePlatform } from '../folder/file-system.ts';
import { namesIn } from '../folder/files.ts';
import { isCheckpointName } from '../folder/run-remains.ts';
import type { RunPlatform } from '../platform.ts';
import { prepareToBegin } from './begin.ts';
import { continuedSettings } from './continued-settings.ts';
import type { RunLog } from './events.ts';
import type { RunRequest } from './options.ts';
import type { RunPlace } from './place.ts';
import type { LastCheckpoint, PreparedRun } from './prepared.ts';
import { findRun, type FoundRun } from './reopen.ts';
import { prepareToContinue } from './resume.ts';
import { fromFirst } from './together.ts';

/** A run that is there already. */
interface EarlierRun extends FoundRun {
  readonly path: string;
}

/**
 * The run to continue; undefined if it may begin and there is none. Of several ranks the first looks into the folder, and all get the
 * checkpoint.
 */
export async function findEarlier(
  request: RunRequest,
  place: RunPlace,
  log: RunLog,
  platform: RunPlatform,
): Promise<EarlierRun | undefined> {
  const { ranks } = platform;
  let checkpoint: LastCheckpoint | undefined;
  const told = await fromFirst(
    ranks,
    async () => {
      const { resume, out } = request.options;
      if (typeof out !== 'string' || (resume === 'auto' && !(await holdsRun(out, platform))))
        return undefined;
      const folder = await place.reopen(out);
      const found = await findRun(folder, request.command === undefined, log, platform);
      checkpoint = found.checkpoint;
      return { path: out, config: found.config, hasCheckpoint: checkpoint !== undefined };
    },
    'the run folder',
  );
  if (told === undefined) return undefined;
  const { path, config } = told;
  if (ranks !== undefined && told.hasCheckpoint) {
    const { checkpointFromFirst } = await import('./among-ranks.ts');
    const { training, ...rest } = await checkpointFromFirst(ranks, checkpoint, path);
    if (training !== undefined) checkpoint = { ...rest, training };
  }
  return { path, config, checkpoint };
}

/** Whether there is a run in the folder that can be continued or begin anew. */
async function holdsRun(path: string, platform: FilePlatform): Promise<boolean> {
  const names = await namesIn(path, platform);
  return names.some((name) => name === 'config.json' || isCheckpointName(name));
}

/** Prepares a run to go on: from its checkpoint, or anew where it was ended before its first one. */
export function prepareToGoOn(
  { path, config, checkpoint }: EarlierRun,
  request: RunRequest,
  log: RunLog,
  platform: RunPlatform,
): Promise<PreparedRun> {
  if (checkpoint !== undefined) return prepareToContinue(request, log, path, config, checkpoint, platform);
  const settings = config && continuedSettings(path, config, request, platform);
  return prepareToBegin(request, log, settings && { path, config: settings }, platform);
}
