import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import type { CutOff, RunState, TrainRequest } from './service.ts';

/** Runs of a platform: those that it trains, and those that others write while one looks. */
export interface StudioRuns {
  list(): Promise<readonly RunState[]>;
  /**
   * Whole lines of a run's metrics behind `cursor`, which was given with the lines before; without one, the first. A run may have been
   * continued from an earlier checkpoint, or another may have taken its place: then `again` says that these are the first of all.
   */
  metrics(id: string, cursor?: MetricsCursor): Promise<MetricsPart>;
  /** Begins a run and resolves with its id once it trains. Throws a `CardinalError` if it cannot begin, or another is training. */
  start(request: TrainRequest): Promise<string>;
  /** Goes on with runs that their pages leave in mid-training, and tells which, until it is aborted. Absent where runs outlive pages. */
  goOn?(tell: (run: CutOff) => void, signal: AbortSignal): Promise<void>;
  /** Goes on with a run that has ended, for more epochs or with more patience if they are given. */
  resume(id: string, epochs: number | undefined, patience?: number): Promise<void>;
  /** Stops a run that this platform trains, with a checkpoint; resolves when it is over. */
  stop(id: string): Promise<void>;
  /** Resolves when something of a run may have changed, or after a moment. */
  changed(id: string, signal: AbortSignal): Promise<void>;
}

export interface MetricsPart {
  readonly records: readonly MetricsRecord[];
  readonly cursor: MetricsCursor;
  readonly again: boolean;
  /** Whether there are more to be read at once. */
  readonly more: boolean;
}

/** How far metrics were read. */
export interface MetricsCursor {
  /** Bytes or lines. */
  readonly at: number;
  /** What stands right before: if something else does, the file is another. */
  readonly before: string;
}
