import type { RunCurves, RunState } from 'cardinal-nn/studio';

/** 45 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'not known yet';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How a run stands, for lists. */
export const standings = {
  training: 'training',
  finished: 'finished',
  early: 'stopped early',
  stopped: 'stopped, can go on',
  diverged: 'no number any more',
  cut: 'cut off',
  failed: 'failed',
} as const;

export type Standing = keyof typeof standings;

const byEnd: Readonly<Record<string, Standing>> = {
  finished: 'finished',
  interrupted: 'stopped',
  'stopped-early': 'early',
  'not-finite': 'diverged',
};

export function standingOf({ training, error, end }: Pick<RunState, 'training' | 'error' | 'end'>): Standing {
  if (training !== 'no') return 'training';
  if (error !== undefined) return 'failed';
  return (end === undefined ? undefined : byEnd[end]) ?? 'cut';
}

/** What has become of a run, in a sentence; `isBad` where it went wrong. What to do about an early end the loss's chart says. */
export function storyOf(
  { training, error, epochs }: RunState,
  { end, done, now }: RunCurves,
): { readonly text: string; readonly isBad: boolean } {
  const of = epochs === undefined ? '' : ` of ${epochs}`;
  if (training !== 'no') {
    const where = training === 'elsewhere' ? ', started elsewhere' : '';
    const at = now === undefined ? 'it begins' : `epoch ${Math.floor(now.epochs) + 1}${of}`;
    // Behind its last step it validates and writes.
    const isLast = now !== undefined && epochs !== undefined && now.epochs >= epochs;
    return { text: `Training${where}: ${isLast ? 'the last pictures are judged' : at}.`, isBad: false };
  }
  if (error !== undefined) return { text: `It failed: ${error}`, isBad: true };
  switch (end?.reason) {
    case 'finished':
      return { text: `Finished: ${done}${of} epochs.`, isBad: false };
    case 'interrupted':
      return { text: `Stopped after ${done}${of} epochs; it can go on from there.`, isBad: false };
    case 'stopped-early':
      return { text: `Stopped early, after ${done}${of} epochs.`, isBad: false };
    case 'not-finite':
      return {
        text: `Ended in epoch ${Math.floor(end.epochs) + 1}${of}: the loss is no number any more.`,
        isBad: true,
      };
    default:
      return {
        text: `It was cut off after ${done}${of} epochs: the program that trained it has ended.`,
        isBad: true,
      };
  }
}

/** Settings that differ between runs: their names, in the order of the first that has them. */
export function differingSettings(runs: readonly Pick<RunState, 'settings'>[]): string[] {
  const names = new Set(runs.flatMap(({ settings }) => Object.keys(settings)));
  return [...names].filter((name) => new Set(runs.map(({ settings }) => settings[name])).size > 1);
}
