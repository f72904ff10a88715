import { csvOf } from '../compare/csv.ts';
import { medianOf } from '../compare/statistics.ts';
import type { NetworkWork } from '../compare/work.ts';
import type { Loaded } from './count.ts';
import {
  capacityOf,
  closedLoops,
  openSeconds,
  overload,
  rateOf,
  type Round,
  type ServerRound,
} from './measure.ts';

/** Names of the loops without a server. */
export const inProcess = {
  one: '`classify` in process',
  eights: 'eight at a time in process',
  prepared: 'eight prepared inputs in process',
} as const;
type Way = keyof typeof inProcess;

/** What someone reached under one load: medians of the rounds. */
export interface ServingRow {
  readonly work: NetworkWork;
  readonly contender: string;
  /** `1 client`, `10× capacity`. */
  readonly load: string;
  /** Requests a second that were sent; of closed loops undefined. */
  readonly offered: number | undefined;
  /** Pictures a second that were answered. */
  readonly rate: number;
  /** Milliseconds of those: of a batch of eight, the batch's. */
  readonly median: number;
  readonly p99: number;
  /** Of servers, in all rounds: requests by status, and those that nobody answered. */
  readonly answered: Readonly<Record<string, number>> | undefined;
  readonly none: number | undefined;
  /** Of servers: resident bytes at most. */
  readonly peakBytes: number | undefined;
}

export function servingRows(work: NetworkWork, rounds: readonly Round[]): ServingRow[] {
  return [
    ...(Object.keys(inProcess) as Way[]).map((way) => loopRow(work, way, rounds)),
    ...rounds[0].servers.flatMap(({ name }, index) => {
      const own = rounds.map(({ servers }) => servers[index]);
      const offered = medianOf(own.map(({ open }) => open.sent / openSeconds));
      return [
        ...closedLoops.map((clients, load) =>
          serverRow(work, name, describeClients(clients), own, (round) => round.closed[load]),
        ),
        { ...serverRow(work, name, overloadName, own, ({ open }) => open), offered },
      ];
    }),
  ];
}

export const overloadName = `${overload}× capacity`;

export function describeClients(clients: number): string {
  return clients === 1 ? '1 client' : `${clients} clients`;
}

function loopRow(work: NetworkWork, way: Way, rounds: readonly Round[]): ServingRow {
  const loops = rounds.map((round) => round.loops[way]);
  return {
    ...{ work, contender: inProcess[way], load: '', offered: undefined },
    rate: medianOf(loops.map(rateOf)),
    median: medianOf(loops.map(({ times }) => medianOf(times))),
    p99: medianOf(loops.map(({ times }) => quantile(times, 0.99))),
    ...{ answered: undefined, none: undefined, peakBytes: undefined },
  };
}

function serverRow(
  work: NetworkWork,
  contender: string,
  load: string,
  rounds: readonly ServerRound[],
  of: (round: ServerRound) => Loaded,
): ServingRow {
  const loaded = rounds.map(of);
  const answered: Record<string, number> = {};
  for (const one of loaded) {
    for (const [status, count] of Object.entries(one.answered)) {
      answered[status] = (answered[status] ?? 0) + count;
    }
  }
  return {
    ...{ work, contender, load, offered: undefined, answered },
    rate: medianOf(loaded.map(acceptedRate)),
    median: medianOf(loaded.map(({ latencies }) => medianOf(latencies))),
    p99: medianOf(loaded.map(({ latencies }) => quantile(latencies, 0.99))),
    none: loaded.reduce((sum, { none }) => sum + none, 0),
    peakBytes: Math.max(...rounds.map(({ peaks }) => peaks[load === overloadName ? 1 : 0])),
  };
}

/** Pictures a second. */
export function acceptedRate({ accepted, seconds }: Loaded): number {
  return accepted / seconds;
}

/** Of a list that need not be in order; not-a-number of an empty one. */
export function quantile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted.at(Math.min(sorted.length - 1, Math.floor(share * sorted.length))) ?? NaN;
}

/** Of a round: pictures a second in batches of eight without a server. */
export function capacityOfRound({ loops }: Round): number {
  return capacityOf(loops);
}

export function servingCsv(rows: readonly ServingRow[], rounds: number): string {
  const status = (code: string) => (row: ServingRow) =>
    row.answered === undefined ? undefined : (row.answered[code] ?? 0);
  return csvOf(rows, {
    work: ({ work }) => work.id,
    contender: ({ contender }) => contender.replaceAll('`', ''),
    load: ({ load }) => load,
    rounds: () => rounds,
    offered_per_s: ({ offered }) => offered,
    pictures_per_s: ({ rate }) => rate.toFixed(1),
    median_ms: ({ median }) => median.toFixed(2),
    p99_ms: ({ p99 }) => p99.toFixed(2),
    status_200: status('200'),
    status_429: status('429'),
    status_503: status('503'),
    unanswered: ({ none }) => none,
    peak_mib: ({ peakBytes }) => (peakBytes === undefined ? undefined : (peakBytes / 2 ** 20).toFixed(0)),
  });
}
