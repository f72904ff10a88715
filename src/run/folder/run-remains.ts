import * as z from 'zod/mini';
import { CardinalError } from '../../base/errors.ts';
import { countListed, pictureListFile } from '../pictures/picture-list.ts';
import type { ListPlatform } from './platform.ts';
import type { FilePlatform } from './file-system.ts';
import { isTemporary, namesIn, readBeginning, readFile } from './files.ts';
import { isLockName } from './lock.ts';

/** What it takes to look into a folder. */
type RemainsPlatform = FilePlatform & Pick<ListPlatform, 'gunzip'>;

/**
 * What a folder holds: `run`, one that has had its first checkpoint; `start`, what is left of one that was ended before, which
 * has learned nothing and can begin anew; `nothing`; `other` files, and no run.
 */
export type Remains = 'run' | 'start' | 'nothing' | 'other';

/** What a run writes before its first checkpoint. */
export const startFiles = ['metrics.jsonl', 'config.json', pictureListFile] as const;

/**
 * Looks into a folder that may be a run's. Throws a `CardinalError` if files there are called as a run's and are not, so that
 * nobody's are overwritten, or if a run's checkpoints are gone.
 */
export async function remainsIn(path: string, platform: RemainsPlatform): Promise<Remains> {
  const names = (await namesIn(path, platform)).filter((name) => !isTemporary(name) && !isLockName(name));
  if (names.some(isCheckpointName)) return 'run';
  const present = startFiles.filter((name) => names.includes(name));
  if (present.length === 0) return names.length === 0 ? 'nothing' : 'other';
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

/** `learned`: it tells of steps. `unfinished`: nothing in it yet. */
type Verdict = 'foreign' | 'learned' | 'unfinished' | 'ours';

/** A start writes a few lines. */
const longestStart = 2 ** 20;

const judges: Readonly<
  Record<(typeof startFiles)[number], (path: string, platform: RemainsPlatform) => Promise<Verdict>>
> = {
  'config.json': async (path, platform) => ((await isConfig(path, platform)) ? 'ours' : 'foreign'),
  'metrics.jsonl': async (path, platform) => judgeMetrics(await readBeginning(path, longestStart, platform)),
  [pictureListFile]: async (path, platform) =>
    (await countListed(await readFile(path, undefined, platform), platform)) !== undefined
      ? 'ours'
      : 'foreign',
};

async function isConfig(path: string, platform: FilePlatform): Promise<boolean> {
  return isOf(configSchema, await readBeginning(path, longestStart, platform));
}

/** What every version of Cardinal writes into `config.json`; of a program's run there is no command. */
const configSchema = z.looseObject({
  cardinal: z.string(),
  startedAt: z.string(),
  command: z.optional(z.string()),
});

function judgeMetrics(text: string): Verdict {
  // Where the power failed, a file may have its length and not yet its bytes.
  const lines = text.replaceAll('\0', '').split('\n');
  const torn = lines.pop() ?? '';
  if (!torn.startsWith('{"'.slice(0, torn.length)) || !lines.every((line) => isOf(lineSchema, line))) {
    return 'foreign';
  }
  if (lines.length === 0) return 'unfinished';
  if (!isOf(startSchema, lines[0])) return 'foreign';
  // A run whose very first weights are not finite tells its end.
  const waits = lines.every((line) => isOf(beforeSteps, line)) && text.length < longestStart;
  return waits ? 'ours' : 'learned';
}

const lineSchema = z.looseObject({ type: z.string() });
const startSchema = z.looseObject({ type: z.literal('start'), model: z.string(), parameters: z.number() });
const beforeSteps = z.looseObject({ type: z.enum(['start', 'warning', 'end']) });

function isOf(schema: z.ZodMiniType, json: string): boolean {
  try {
    return schema.safeParse(JSON.parse(json)).success;
  } catch {
    return false;
  }
}
