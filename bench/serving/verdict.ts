import { medianOf } from '../compare/statistics.ts';
import { defaultLimits } from '../../src/serve/limits.ts';
import { closedLoops, type Round, type ServerRound } from './measure.ts';
import { acceptedRate, capacityOfRound, describeClients, overloadName, quantile } from './rows.ts';

/** What serving is to reach, and what it did; figures are medians of the rounds' ratios. */
export interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** Statuses that an overloaded server may answer with. */
const expected = ['200', '429', '503'];

export function verdictsOf(rounds: readonly Round[]): Verdict[] {
  const own = rounds.map(({ servers }) => servers[0]);
  const peers = rounds.map(({ servers }) => servers[1]);
  const [alone, , full] = closedLoops.map((_, load) => own.map(({ closed }) => closed[load]));
  const throughput = medianOf(
    rounds.map((round, index) => acceptedRate(full[index]) / capacityOfRound(round)),
  );
  const latency = medianOf(
    rounds.map(({ loops }, index) => medianOf(alone[index].latencies) / medianOf(loops.one.times)),
  );
  const overPeer = [
    ...closedLoops.map((clients, load) => ({
      load: describeClients(clients),
      ratio: ratioOf(own, peers, ({ closed }) => acceptedRate(closed[load])),
    })),
    { load: overloadName, ratio: ratioOf(own, peers, ({ open }) => acceptedRate(open)) },
  ];
  const growth = Math.max(...own.map(({ peaks: [before, during] }) => during - before));
  const isAlive = own.every((round) => round.isAlive);
  const none = own.reduce((sum, { open }) => sum + open.none, 0);
  const others = own
    .flatMap(({ open }) => Object.keys(open.answered))
    .filter((code) => !expected.includes(code));
  const slowest = medianOf(
    own.map(
      ({ open, closed }) => quantile(open.latencies, 0.99) / medianOf(closed[closed.length - 1].latencies),
    ),
  );
  return [
    {
      target: `${describeClients(32)}: throughput ≥ 0.9 of batches of 8 without a server`,
      measured: throughput.toFixed(2),
      isMet: throughput >= 0.9,
    },
    {
      target: 'one client: median latency ≤ 1.15 of `classify` in process',
      measured: latency.toFixed(2),
      isMet: latency <= 1.15,
    },
    {
      target: 'throughput ÷ onnxruntime-node behind fastify > 1 at every load',
      measured: overPeer.map(({ load, ratio }) => `${load} ${ratio.toFixed(2)}`).join(', '),
      isMet: overPeer.every(({ ratio }) => ratio > 1),
    },
    {
      target: `${overloadName}: alive; memory ≤ ${mebibytes(defaultLimits.heldBytes)} MiB above that of 32 clients`,
      measured: `${isAlive ? 'alive' : 'ENDED'}; ${mebibytes(growth)} MiB`,
      isMet: isAlive && growth <= defaultLimits.heldBytes,
    },
    {
      target: `${overloadName}: every request answered, by 200, 429 or 503`,
      measured: `${none} unanswered, ${others.length === 0 ? 'no other status' : others.join(', ')}`,
      isMet: none === 0 && others.length === 0,
    },
    {
      target: `${overloadName}: p99 of those accepted ≤ 3 × the median at 32 clients`,
      measured: slowest.toFixed(2),
      isMet: slowest <= 3,
    },
  ];
}

function ratioOf(
  own: readonly ServerRound[],
  peers: readonly ServerRound[],
  rate: (round: ServerRound) => number,
): number {
  return medianOf(own.map((round, index) => rate(round) / rate(peers[index])));
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
