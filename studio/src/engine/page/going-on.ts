import type { CutOff, RunState } from 'cardinal-nn/studio';
import { InUseError } from 'cardinal-nn/web';
import { messageOf } from '../../parts/message-of.ts';
import { cutOffIn, mayTry } from './cut-off.ts';
import { pause } from './pause.ts';

/** Milliseconds between two looks at who trains. */
const look = 2000;

/** What of a page's runs is needed to go on with those that are cut off. */
interface PageRuns {
  list(): Promise<readonly RunState[]>;
  /** Whether none trains here. */
  isFree(): boolean;
  resume(id: string): Promise<void>;
  /** Takes back that a run failed here. */
  forget(id: string): void;
}

/** Goes on with runs that are cut off, now and whenever the page that trains one is closed, and tells which; until it is aborted. */
export async function goOnWith(
  runs: PageRuns,
  tell: (run: CutOff) => void,
  signal: AbortSignal,
): Promise<void> {
  let before: readonly string[] | undefined;
  while (!signal.aborted) {
    // Whoever trains holds a lock, and no more once its page is closed.
    const { held = [] } = await navigator.locks.query();
    const now = held.map(({ name = '', clientId = '' }) => `${name} ${clientId}`);
    if (before?.every((name) => now.includes(name)) !== true) {
      const found = await goOnOnce(runs);
      if (found !== undefined) tell(found);
    }
    before = now;
    await pause(look, signal);
  }
}

async function goOnOnce(runs: PageRuns): Promise<CutOff | undefined> {
  const left = await newestCutOff(await runs.list());
  if (left === undefined || !runs.isFree() || !(await mayTry(left.run).catch(() => true))) return undefined;
  try {
    await runs.resume(left.run);
    return left;
  } catch (error) {
    if (!(error instanceof InUseError)) return { ...left, error: messageOf(error) };
    // Another tab was faster.
    runs.forget(left.run);
    return undefined;
  }
}

/** The newest run that is not over, that nobody trains, and that did not fail here. */
async function newestCutOff(runs: readonly RunState[]): Promise<CutOff | undefined> {
  const newestFirst = runs.toSorted((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? ''));
  for (const { id, name, training, error } of newestFirst) {
    if (training !== 'no' || error !== undefined) continue;
    const epoch = await cutOffIn(id);
    if (epoch !== undefined) return { run: id, name, epoch };
  }
  return undefined;
}
