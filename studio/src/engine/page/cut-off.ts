import { recordsIn } from 'cardinal-nn/studio';
import { bytesAt, textAt, writeWhole } from './private-files.ts';

/** Bytes at the end of the metrics in which the newest step or the end is found. */
const tailBytes = 2 ** 16;

/** The last records of a run's metrics; none if they are not there. */
export async function lastRecords(path: string): Promise<readonly Metric[]> {
  const file = await bytesAt(`${path}/metrics.jsonl`);
  // While it is added to, a file may become stale before it is read.
  const tail = await file
    ?.slice(Math.max(0, file.size - tailBytes))
    .arrayBuffer()
    .catch(() => undefined);
  return tail === undefined ? [] : recordsIn(new Uint8Array(tail)).records;
}

type Metric = ReturnType<typeof recordsIn>['records'][number];

/** In which epoch, counted from 1, a run was cut off: it has begun, and its metrics say of no end. Undefined if it has ended. */
export async function cutOffIn(path: string): Promise<number | undefined> {
  const records = await lastRecords(path);
  const end = records.findLastIndex(({ type }) => type === 'end');
  const step = records.findLastIndex(({ type }) => type === 'start' || type === 'step' || type === 'epoch');
  if (step <= end) return undefined;
  const { type, epoch = 0 } = records[step];
  return epoch + (type === 'epoch' ? 2 : 1);
}

/** Where is written down how often a run was begun again at which of its checkpoints. */
const triesFile = 'opfs:.cardinal-studio/tries.json';

/** So often a run goes on by itself at the same checkpoint: one that takes its tab with it must not do so for ever. */
const mostTries = 3;

interface Tries {
  readonly path: string;
  readonly checkpoint: number;
  readonly tries: number;
}

/** Counts a try to go on with a run; false if it had enough at its newest checkpoint. */
export async function mayTry(path: string): Promise<boolean> {
  const checkpoint = (await bytesAt(`${path}/last.safetensors`))?.lastModified ?? 0;
  const before = await lastTries();
  const isSame = before?.path === path && before.checkpoint === checkpoint;
  const tries = isSame ? before.tries : 0;
  if (tries >= mostTries) return false;
  await writeWhole(
    triesFile,
    new TextEncoder().encode(JSON.stringify({ path, checkpoint, tries: tries + 1 } satisfies Tries)),
  );
  return true;
}

/** Of this page's own file; undefined if there is none that can be read. */
async function lastTries(): Promise<Tries | undefined> {
  try {
    return JSON.parse((await textAt(triesFile)) ?? '') as Tries;
  } catch {
    return undefined;
  }
}
