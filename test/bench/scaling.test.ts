import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Communication } from '../../bench/compare/contender.ts';
import type { Measured } from '../../bench/compare/rounds.ts';
import type { NetworkWork } from '../../bench/compare/work.ts';
import type { RanksEntrant } from '../../bench/scaling/entrants.ts';
import { hiddenOf, scalingCsv, scalingRows } from '../../bench/scaling/rows.ts';
import { forecastTable, holdForecast, scalingTable } from '../../bench/scaling/table.ts';
import { TracedCommunicator } from '../../bench/scaling/traced-communicator.ts';

describe('the trace of a rank', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => {
    vi.useRealTimers();
  });

  test('has the time that any sum is under way once, and that of waiting', () => {
    const there = new Set<number>();
    let begun = 0;
    const traced = new TracedCommunicator({
      rank: 0,
      size: 2,
      startAllReduce: () => {
        const own = begun++;
        return {
          test: () => there.has(own),
          wait: () => void vi.advanceTimersByTime(there.has(own) ? 0 : 7),
        };
      },
    });
    const first = traced.startAllReduce(new Float32Array(10));
    vi.advanceTimersByTime(5);
    const second = traced.startAllReduce(new Float32Array(3));
    vi.advanceTimersByTime(5);
    expect(first.test()).toBe(false);
    there.add(0);
    expect(first.test()).toBe(true);
    void second.wait();
    // Nothing is under way.
    vi.advanceTimersByTime(100);
    void first.wait();
    expect(traced.take()).toEqual({ waiting: 7, underWay: 17, lengths: [10, 3] });
    expect(traced.take()).toEqual({ waiting: 0, underWay: 0, lengths: [] });
  });

  test('follows promises', async () => {
    const traced = new TracedCommunicator({
      rank: 1,
      size: 2,
      startAllReduce: () => ({
        test: () => false,
        wait: () => Promise.resolve().then(() => void vi.advanceTimersByTime(3)),
      }),
    });
    await traced.startAllReduce(new Float32Array(1)).wait();
    expect(traced.take()).toEqual({ waiting: 3, underWay: 3, lengths: [1] });
  });
});

describe('figures of ranks', () => {
  const work: NetworkWork = {
    ...{ kind: 'training', id: 'small', title: 'small', model: 'resnet20_cifar' },
    input: [2, 3, 16, 16],
  };
  const entrant = (name: string, ranks: number, way: RanksEntrant['way'], engine = 'A'): RanksEntrant => ({
    ...{ name, ranks, way, engine, syncBatchNorm: true, command: '', args: [] },
  });
  const entrants = [
    entrant('one', 1, 'one'),
    entrant('apart', 2, 'apart'),
    entrant('together', 2, 'together'),
    entrant('four', 4, 'together', 'B'),
  ];
  const communication: Communication = {
    ...{ waiting: 10, underWay: 40, alone: 30, bytes: 1e6, latency: 0, gigabits: 8 },
  };
  const one = (name: string, rounds: number[], communicated: Communication[] = []): Measured => ({
    ...{ name, version: '1', rounds, parts: [], communication: communicated },
  });
  const measured = [
    one('one', [90, 100, 130]),
    one('apart', [110, 110, 110]),
    one('together', [125, 120, 130], [communication, { ...communication, waiting: 30 }, communication]),
    one('four', [1, 2, 3]),
  ];
  const rows = scalingRows(work, entrants, measured);

  test('are ratios of medians: to the process by itself, and to as many apart', () => {
    expect(rows.map(({ efficiency, ofApart }) => [efficiency, ofApart])).toEqual([
      [undefined, undefined],
      [100 / 110, undefined],
      [100 / 125, 110 / 125],
      [undefined, undefined],
    ]);
    expect(hiddenOf(communication)).toBe(0.75);
    const [header, , , together] = scalingCsv(rows).split('\n');
    const cells = Object.fromEntries(header.split(',').map((name, at) => [name, together.split(',')[at]]));
    expect(cells).toMatchObject({
      contender: 'together',
      median_ms: '125.000',
      efficiency: '0.800',
      hidden: '0.750',
    });
    const table = scalingTable('small', rows, [{ name: 'other', reason: 'a | b' }]);
    expect(table).toContain('| together | 125 (120 to 130) | **0.80** | 0.88 | 30.0 | 10.0 | 75 % |');
    expect(table).toContain('| other | a \\| b |');
  });

  test('are held against the forecast for what as many apart compute', () => {
    const held = holdForecast(rows, (_, seconds) => [
      { kind: 'compute', seconds },
      { kind: 'start', buffer: 'a', bytes: 1e7 },
      { kind: 'wait', buffer: 'a' },
    ]);
    expect(held.map(({ row, computing }) => [row.entrant.name, computing])).toEqual([['together', 110]]);
    // A ring of two sends half the bytes twice at 1 GB/s, and adds one half at 10 GB/s.
    expect(held[0].predicted).toBeCloseTo(110 / (110 + 10 + 0.5), 10);
    expect(held[0].measured).toBe(110 / 125);
    expect(forecastTable(held)).toContain('| together | small | 110 | 0.0 | 8.0 | 0.913 | 0.880 | 1.04 |');
  });
});
