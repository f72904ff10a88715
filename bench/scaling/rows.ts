import { csvOf } from '../compare/csv.ts';
import type { Communication } from '../compare/contender.ts';
import type { Measured } from '../compare/rounds.ts';
import { medianOf } from '../compare/statistics.ts';
import type { NetworkWork } from '../compare/work.ts';
import type { RanksEntrant } from './entrants.ts';

/** What one contender's steps came to. Times are milliseconds. */
export interface ScalingRow {
  readonly work: NetworkWork;
  readonly entrant: RanksEntrant;
  readonly version: string;
  readonly rounds: number;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** The median of the process by itself, divided by this; undefined where it was not timed in turn with this. */
  readonly efficiency: number | undefined;
  /** The same of as many processes that do not communicate. */
  readonly ofApart: number | undefined;
  readonly communication: Communication | undefined;
}

/** Of those that were timed in turn. */
export function scalingRows(
  work: NetworkWork,
  entrants: readonly RanksEntrant[],
  measured: readonly Measured[],
): ScalingRow[] {
  const timed = measured.flatMap((one) => {
    const entrant = entrants.find(({ name }) => name === one.name);
    return entrant === undefined ? [] : [{ entrant, one, median: medianOf(one.rounds) }];
  });
  return timed.map(({ entrant, one: { version, rounds, communication = [] }, median }) => {
    const { engine, ranks } = entrant;
    const own = timed.filter((other) => other.entrant.engine === engine);
    const alone = own.find((other) => other.entrant.way === 'one')?.median;
    const apart = own.find((other) => other.entrant.way === 'apart' && other.entrant.ranks === ranks)?.median;
    return {
      ...{ work, entrant, version, rounds: rounds.length, median },
      ...{ least: Math.min(...rounds), most: Math.max(...rounds) },
      efficiency: ranks === 1 || alone === undefined ? undefined : alone / median,
      ofApart: entrant.way !== 'together' || apart === undefined ? undefined : apart / median,
      communication: communication.length === 0 ? undefined : medianCommunication(communication),
    };
  });
}

function medianCommunication(rounds: readonly Communication[]): Communication {
  const of = (name: keyof Communication) => medianOf(rounds.map((round) => round[name]));
  return {
    ...{ waiting: of('waiting'), underWay: of('underWay'), alone: of('alone'), bytes: of('bytes') },
    ...{ latency: of('latency'), gigabits: of('gigabits') },
  };
}

/** Of the time in which sums are under way, the share in which the rank computes. */
export function hiddenOf({ waiting, underWay }: Communication): number {
  return underWay === 0 ? 0 : Math.max(0, 1 - waiting / underWay);
}

export function scalingCsv(rows: readonly ScalingRow[]): string {
  const communicated = (figure: (communication: Communication) => string) => (row: ScalingRow) =>
    row.communication && figure(row.communication);
  return csvOf(rows, {
    work: ({ work }) => work.id,
    contender: ({ entrant }) => entrant.name,
    version: ({ version }) => version,
    ranks: ({ entrant }) => entrant.ranks,
    sync_bn: ({ entrant }) => Number(entrant.syncBatchNorm),
    rounds: ({ rounds }) => rounds,
    median_ms: ({ median }) => median.toFixed(3),
    least_ms: ({ least }) => least.toFixed(3),
    most_ms: ({ most }) => most.toFixed(3),
    efficiency: ({ efficiency }) => efficiency?.toFixed(3),
    efficiency_of_apart: ({ ofApart }) => ofApart?.toFixed(3),
    waiting_ms: communicated(({ waiting }) => waiting.toFixed(3)),
    under_way_ms: communicated(({ underWay }) => underWay.toFixed(3)),
    sums_alone_ms: communicated(({ alone }) => alone.toFixed(3)),
    hidden: communicated((communication) => hiddenOf(communication).toFixed(3)),
    summed_mb: communicated(({ bytes }) => (bytes / 1e6).toFixed(1)),
    latency_us: communicated(({ latency }) => latency.toFixed(1)),
    gbit_s: communicated(({ gigabits }) => gigabits.toFixed(1)),
  });
}
