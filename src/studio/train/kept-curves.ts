import { CurveBuilder, type RunCurves } from './curves.ts';
import type { MetricsCursor, StudioRuns } from './platform.ts';

/** Curves of a run; `version` is another when they are. */
export interface ReadCurves {
  readonly version: number;
  readonly curves: RunCurves;
}

/** What was read of a run so far. */
interface Reading {
  builder: CurveBuilder;
  cursor: MetricsCursor | undefined;
  /** Whether there is more than `last` knows. */
  isChanged: boolean;
  last: ReadCurves | undefined;
  /** While somebody reads: others wait for the same. */
  now: Promise<ReadCurves> | undefined;
}

/** Runs whose curves are kept when nobody watches them any more. */
const mostKept = 64;

/** Curves of runs, read once for all who watch them: another tab, or the page when it is loaded again, need not wait for a long run's metrics. */
export class KeptCurves {
  readonly #runs: Pick<StudioRuns, 'metrics'>;
  readonly #kept = new Map<string, Reading>();
  #versions = 0;

  constructor(runs: Pick<StudioRuns, 'metrics'>) {
    this.#runs = runs;
  }

  /** With all that was written by now. */
  read(run: string): Promise<ReadCurves> {
    const found = this.#kept.get(run);
    const reading: Reading = found ?? {
      ...{ builder: new CurveBuilder(), cursor: undefined, isChanged: true },
      ...{ last: undefined, now: undefined },
    };
    this.#kept.delete(run);
    this.#kept.set(run, reading);
    if (this.#kept.size > mostKept) this.#drop();
    reading.now ??= this.#readOn(run, reading).finally(() => {
      reading.now = undefined;
    });
    return reading.now;
  }

  async #readOn(run: string, reading: Reading): Promise<ReadCurves> {
    for (let more = true; more;) {
      const part = await this.#runs.metrics(run, reading.cursor);
      if (part.again) reading.builder = new CurveBuilder();
      for (const record of part.records) reading.builder.add(record);
      reading.isChanged ||= part.again || part.records.length > 0;
      reading.cursor = part.cursor;
      more = part.more;
    }
    if (reading.isChanged || reading.last === undefined) {
      reading.last = { version: ++this.#versions, curves: reading.builder.curves };
      reading.isChanged = false;
    }
    return reading.last;
  }

  /** The one that was not asked for longest. */
  #drop(): void {
    const [first] = this.#kept.keys();
    this.#kept.delete(first);
  }
}
