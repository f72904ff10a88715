import * as z from 'zod/mini';
import { pictureListFile } from '../pictures/picture-list.ts';
import { countListed } from '../pictures/read-list.ts';
import { readBeginning, readFile } from './files.ts';
import type { RemainsPlatform, startFiles } from './start-files.ts';

/**
 * Whether files that are called as those of a run's start are. `learned`: it tells of steps. `unfinished`: nothing in it yet.
 */
type Verdict = 'foreign' | 'learned' | 'unfinished' | 'ours';

/** A start writes a few lines. */
const longestStart = 2 ** 20;

export const judges: Readonly<
  Record<(typeof startFiles)[number], (path: string, platform: RemainsPlatform) => Promise<Verdict>>
> = {
  'config.json': async (path, platform) => ((await isConfig(path, platform)) ? 'ours' : 'foreign'),
  'metrics.jsonl': async (path, platform) => judgeMetrics(await readBeginning(path, longestStart, platform)),
  [pictureListFile]: async (path, platform) =>
    (await countListed(await readFile(path, undefined, platform), platform)) !== undefined
      ? 'ours'
      : 'foreign',
};

async function isConfig(path: string, platform: RemainsPlatform): Promise<boolean> {
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
