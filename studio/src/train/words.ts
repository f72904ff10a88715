import type { RunState } from 'cardinal-nn/studio';
import type { Curves } from './curves.ts';

/** 45 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'not known yet';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** What has become of a run, in a sentence; `isBad` where it went wrong. */
export function storyOf(
  { training, error, epochs }: RunState,
  { end, done, now }: Curves,
): { readonly text: string; readonly isBad: boolean } {
  const of = epochs === undefined ? '' : ` of ${epochs}`;
  if (error !== undefined) return { text: `It failed: ${error}`, isBad: true };
  if (training !== 'no') {
    const where = training === 'elsewhere' ? ', started elsewhere' : '';
    const at = now === undefined ? 'it begins' : `epoch ${Math.floor(now.epochs) + 1}${of}`;
    // Behind its last step it validates and writes.
    const isLast = now !== undefined && epochs !== undefined && now.epochs >= epochs;
    return { text: `Training${where}: ${isLast ? 'the last pictures are judged' : at}.`, isBad: false };
  }
  switch (end?.reason) {
    case 'finished':
      return { text: `Finished: ${done}${of} epochs.`, isBad: false };
    case 'interrupted':
      return { text: `Stopped after ${done}${of} epochs; it can go on from there.`, isBad: false };
    case 'stopped-early':
      return {
        text: `Stopped early after ${done}${of} epochs: ${end.message ?? 'validation got no better'}`,
        isBad: false,
      };
    case 'not-finite':
      return {
        text: `The loss is no number any more, so it stopped in epoch ${Math.floor(end.epochs) + 1}: ${end.message ?? ''} A smaller learning rate often helps.`,
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
