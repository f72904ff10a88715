import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import type { CutOff, RunState, TrainRequest } from './service.ts';

/** Runs of a platform: those that it trains, and those that others write while one looks. */
export interface StudioRuns {
  list(): Promise<readonly RunState[]>;
  /**
   * The lines of a run's metrics from `cursor` on, and the cursor behind them; 0 is the first. If the run was continued from an earlier
   * checkpoint its lines were cut: then `again` says that all are given.
   */
  metrics(id: string, cursor: number): Promise<MetricsPart>;
  /** Begins a run and resolves with its id once it trains. Throws a `CardinalError` if it cannot begin, or another is training. */
  start(request: TrainRequest): Promise<string>;
  /** Goes on with runs that their pages leave in mid-training, and tells which, until it is aborted. Absent where runs outlive pages. */
  goOn?(tell: (run: CutOff) => void, signal: AbortSignal): Promise<void>;
  /** Goes on with a run that has ended, for more epochs if they are given. */
  resume(id: string, epochs: number | undefined): Promise<void>;
  /** Stops a run that this platform trains, with a checkpoint; resolves when it is over. */
  stop(id: string): Promise<void>;
  /** Resolves when something of a run may have changed, or after a moment. */
  changed(id: string, signal: AbortSignal): Promise<void>;
}

export interface MetricsPart {
  readonly records: readonly MetricsRecord[];
  readonly cursor: number;
  readonly again: boolean;
}
