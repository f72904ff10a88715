import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { NetworkWork } from '../../bench/compare/work.ts';
import { servingChart } from '../../bench/serving/chart.ts';
import { Count, type Loaded } from '../../bench/serving/count.ts';
import type { Round, ServerRound } from '../../bench/serving/measure.ts';
import { quantile, servingCsv, servingRows } from '../../bench/serving/rows.ts';
import { servingTable } from '../../bench/serving/table.ts';
import { verdictsOf } from '../../bench/serving/verdict.ts';

const work: NetworkWork = { kind: 'forward', id: 'tiny', title: 'Tiny', model: 'tiny', input: [1, 3, 8, 8] };

/** One second of answers that take so long each, `accepted` of them. */
function loaded(accepted: number, milliseconds: number, others: Partial<Loaded> = {}): Loaded {
  const latencies = Array.from({ length: accepted }, () => milliseconds);
  return {
    ...{ sent: accepted, answered: { 200: accepted }, none: 0, accepted, latencies, seconds: 1 },
    ...others,
  };
}

function server(name: string, rates: readonly [number, number, number], open: Loaded): ServerRound {
  const closed = rates.map((rate, load) => loaded(rate, (1000 * [1, 8, 32][load]) / rate));
  return { name, closed, open, peaks: [100 * 2 ** 20, 130 * 2 ** 20], isAlive: true };
}

/** Twenty a second one by one, 100 in batches of eight. */
const loops: Round['loops'] = {
  one: { pictures: 1, times: [50, 50, 50] },
  eights: { pictures: 8, times: [100] },
  prepared: { pictures: 8, times: [80] },
  probabilities: [],
};
const overloaded = loaded(95, 700, { sent: 1000, answered: { 200: 95, 429: 905 } });
const round: Round = {
  loops,
  offered: 1000,
  servers: [
    server('Cardinal', [20, 80, 95], overloaded),
    server('onnxruntime-node', [19, 50, 50], loaded(50, 9000, { sent: 1000, none: 950 })),
  ],
};

test('figures of servers are medians of rounds, and requests their sums', () => {
  const rows = servingRows(work, [round, round]);
  expect(rows.map(({ contender, load }) => `${contender} ${load}`.trim())).toEqual([
    '`classify` in process',
    'eight at a time in process',
    'eight prepared inputs in process',
    ...['Cardinal', 'onnxruntime-node'].flatMap((name) =>
      ['1 client', '8 clients', '32 clients', '10× capacity'].map((load) => `${name} ${load}`),
    ),
  ]);
  expect(rows[2].rate).toBe(100);
  expect(rows[6]).toMatchObject({ offered: 250, rate: 95, p99: 700, answered: { 200: 190, 429: 1810 } });
  expect(rows[10]).toMatchObject({ none: 1900, peakBytes: 130 * 2 ** 20 });
  expect(servingCsv(rows, 2).split('\n')[7]).toBe(
    'tiny,Cardinal,"10× capacity",2,250,95.0,700.00,700.00,190,1810,0,0,130',
  );
  expect(servingChart(rows)).toContain('95.0 · 700, 700 ms');
});

test('targets are judged by the ratios of each round', () => {
  const verdicts = verdictsOf([round]);
  expect(verdicts.map(({ measured }) => measured)).toEqual([
    '0.95',
    '1.00',
    '1 client 1.05, 8 clients 1.60, 32 clients 1.90, 10× capacity 1.90',
    'alive; 30 MiB',
    '0 unanswered, no other status',
    '2.08',
  ]);
  expect(verdicts.every(({ isMet }) => isMet)).toBe(true);
  expect(servingTable('Tiny', [], verdicts)).not.toContain('not met');
});

test('what falls short is said', () => {
  const open = loaded(10, 2000, { answered: { 200: 10, 500: 1 }, none: 3 });
  const cardinal = { ...server('Cardinal', [10, 40, 80], open), isAlive: false };
  const verdicts = verdictsOf([{ ...round, servers: [cardinal, round.servers[1]] }]);
  expect(verdicts.map(({ isMet }) => isMet)).toEqual([false, false, false, false, false, false]);
  expect(verdicts[4].measured).toBe('3 unanswered, 500');
  expect(servingTable('Tiny', [], verdicts).match(/\*\*not met\*\*/g)).toHaveLength(6);
});

test('a quantile is of the whole list', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2], 0.99)).toBe(2);
  expect(quantile([], 0.99)).toBeNaN();
});

test('requests that nobody answered are counted, those under way at the end are not', async () => {
  const count = new Count();
  await count.run(({ setupClient }, done) => {
    const tracker = new EventEmitter();
    const client = Object.assign(new EventEmitter(), { responseMax: 99, reqsMade: 5 });
    setupClient(client);
    for (let sent = 0; sent < 5; sent++) client.emit('request');
    queueMicrotask(() => {
      tracker.emit('response', client, 200, 10, 7);
      tracker.emit('response', client, 200, 10, 9);
      tracker.emit('response', client, 429, 10, 1);
      count.sendNoMore();
      expect(client.responseMax).toBe(5);
      done(null);
    });
    return Object.assign(tracker, { stop: () => undefined });
  }, {});
  expect(count.result({ openEnd: 1, first: 1 })).toMatchObject({
    ...{ sent: 4, answered: { 200: 2, 429: 1 }, none: 1, accepted: 2, latencies: [9] },
  });
});
