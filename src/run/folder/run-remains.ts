import { CardinalError } from '../../base/errors.ts';
import { isTemporary, namesIn } from './files.ts';
import { isLockName } from './lock.ts';
import { startFiles, type RemainsPlatform } from './start-files.ts';

/**
 * What a folder holds: `run`, one that has had its first checkpoint; `start`, what is left of one that was ended before, which
 * has learned nothing and can begin anew; `nothing`; `other` files, and no run.
 */
export type Remains = 'run' | 'start' | 'nothing' | 'other';

/**
 * Looks into a folder that may be a run's. Throws a `CardinalError` if files there are called as a run's and are not, so that
 * nobody's are overwritten, or if a run's checkpoints are gone.
 */
export async function remainsIn(path: string, platform: RemainsPlatform): Promise<Remains> {
  const names = (await namesIn(path, platform)).filter((name) => !isTemporary(name) && !isLockName(name));
  if (names.some(isCheckpointName)) return 'run';
  const present = startFiles.filter((name) => names.includes(name));
  if (present.length === 0) return names.length === 0 ? 'nothing' : 'other';
  const { judges } = await import('./judge-start.ts');
  const judged = await Promise.all(
    present.map(async (name) => ({
      name,
      verdict: await judges[name](platform.paths.join(path, name), platform),
    })),
  );
  const verdicts = judged.map(({ verdict }) => verdict);
  // An empty file may be anybody's: alone, it is what a start left; beside others' files, nobody knows.
  const isOurs = verdicts.some((verdict) => verdict !== 'unfinished') || names.length === present.length;
  const stranger = isOurs ? judged.find(({ verdict }) => verdict === 'foreign') : judged[0];
  if (stranger !== undefined) {
    throw new CardinalError(
      `${path} holds a ${stranger.name} that no run of Cardinal wrote: choose another folder, or move it away`,
    );
  }
  if (verdicts.includes('learned')) {
    throw new CardinalError(
      `${path} holds the metrics of a run, but last.safetensors is gone: it cannot be continued; put it back, or choose another folder`,
    );
  }
  return 'start';
}

export function isCheckpointName(name: string): boolean {
  return name.endsWith('.safetensors');
}
