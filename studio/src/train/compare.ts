import type { RunCurves, RunState } from 'cardinal-nn/studio';
import { percent } from '../parts/numbers.ts';
import { differingSettings, standingOf, standings } from './words.ts';

interface Compared {
  readonly run: RunState;
  readonly curves: RunCurves;
}

interface Table {
  readonly head: readonly string[];
  /** The run's name first. */
  readonly rows: readonly (readonly string[])[];
  /** Names of the settings that differ. */
  readonly differing: readonly string[];
}

/** Runs beside each other: how they stand, how good they are, and the settings that differ. */
export function tableOf(compared: readonly Compared[]): Table {
  const differing = differingSettings(compared.map(({ run }) => run));
  return {
    head: ['run', 'state', 'epochs', 'best accuracy', 'of epoch', 'its loss', ...differing],
    rows: compared.map(({ run, curves: { best, done } }) => [
      run.name,
      standings[standingOf(run)],
      `${done} of ${run.epochs ?? '?'}`,
      best === undefined ? 'none yet' : best.top1 === undefined ? 'not measured' : percent(best.top1),
      best === undefined ? '' : String(best.epoch),
      best === undefined ? '' : best.loss.toPrecision(3),
      ...differing.map((name) => run.settings[name] ?? 'none'),
    ]),
    differing,
  };
}
