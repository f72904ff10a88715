import { describe, expect, test } from 'vitest';
import { allReduceSeconds, fasterAllReduce, type Link } from '../../src/cost/all-reduce.ts';
import { efficiency, stepTime } from '../../src/cost/step-timeline.ts';

const link: Link = { latency: 20e-6, bandwidth: 1.25e9, addition: 10e9 };
const bytes = 25e6;

/** Ranks with clocks that send each other messages: a receiver goes on when both are ready and the message has come. */
class Ranks {
  readonly clocks: number[];
  readonly values: Float64Array[];

  constructor(ranks: number) {
    this.clocks = Array.from({ length: ranks }, () => 0);
    this.values = this.clocks.map((_, rank) =>
      Float64Array.from({ length: ranks }, (_, part) => 10 * rank + part),
    );
  }

  /** All messages of a round at once, each of some of the parts. Links carry both directions at a time. */
  round(messages: readonly { from: number; to: number; parts: readonly number[]; add: boolean }[]): void {
    const clocks = [...this.clocks];
    const values = this.values.map((own) => own.slice());
    for (const { from, to, parts, add } of messages) {
      const size = (bytes * parts.length) / this.clocks.length;
      const sent = link.latency + size / link.bandwidth;
      const started = Math.max(clocks[from], clocks[to]);
      this.clocks[from] = Math.max(this.clocks[from], started + sent);
      this.clocks[to] = Math.max(this.clocks[to], started + sent + (add ? size / link.addition : 0));
      for (const part of parts)
        this.values[to][part] = values[from][part] + (add ? this.values[to][part] : 0);
    }
  }
}

function ring(count: number): Ranks {
  const ranks = new Ranks(count);
  const all = [...Array(count).keys()];
  for (const add of [true, false])
    for (let step = 0; step < count - 1; step++)
      ranks.round(
        all.map((from) => ({
          ...{ from, to: (from + 1) % count, add },
          parts: [(from - step + (add ? 0 : 1) + 2 * count) % count],
        })),
      );
  return ranks;
}

function tree(count: number): Ranks {
  const ranks = new Ranks(count);
  const parts = [...Array(count).keys()];
  const strides = Array.from({ length: Math.ceil(Math.log2(count)) }, (_, round) => 2 ** round);
  for (const stride of strides)
    ranks.round(
      parts
        .filter((rank) => rank % (2 * stride) === stride)
        .map((from) => ({ from, to: from - stride, parts, add: true })),
    );
  for (const stride of strides.toReversed())
    ranks.round(
      parts
        .filter((rank) => rank % (2 * stride) === stride)
        .map((to) => ({ from: to - stride, to, parts, add: false })),
    );
  return ranks;
}

describe.each([2, 3, 4, 7, 8, 16])('%i ranks', (count) => {
  test.each([
    ['ring', ring],
    ['tree', tree],
  ] as const)('%s: as long as its messages take, and all have the sum', (algorithm, run) => {
    const { clocks, values } = run(count);
    const sums = Array.from({ length: count }, (_, part) => 5 * count * (count - 1) + part * count);
    for (const own of values) expect([...own]).toEqual(sums);
    expect(Math.max(...clocks)).toBeCloseTo(allReduceSeconds(bytes, count, link, algorithm), 9);
  });
});

test('short messages go up and down a tree, long ones around a ring', () => {
  expect(fasterAllReduce(512, 64, link).algorithm).toBe('tree');
  expect(fasterAllReduce(25e6, 64, link).algorithm).toBe('ring');
  expect(fasterAllReduce(25e6, 1, link).seconds).toBe(0);
});

describe('a step', () => {
  const sum = allReduceSeconds(bytes, 8, link, 'ring');
  const moments = (behind: number) =>
    [
      { kind: 'compute', seconds: 0.1 },
      { kind: 'start', buffer: 'a', bytes },
      { kind: 'compute', seconds: behind },
      { kind: 'start', buffer: 'b', bytes },
      { kind: 'wait', buffer: 'a' },
      { kind: 'wait', buffer: 'b' },
    ] as const;

  test('hides a sum behind what is computed meanwhile, and waits for the rest', () => {
    const { total, compute, communication, waiting } = stepTime(moments(1), 8, link);
    expect(compute).toBeCloseTo(1.1, 12);
    expect(communication).toBeCloseTo(2 * sum, 12);
    expect(waiting).toBeCloseTo(sum, 12);
    expect(total).toBeCloseTo(1.1 + sum, 12);
  });

  test('sums use the link one after the other', () => {
    const time = stepTime(moments(0), 8, link);
    expect(time.total).toBeCloseTo(0.1 + 2 * sum, 12);
    expect(efficiency(time)).toBeCloseTo(0.1 / (0.1 + 2 * sum), 12);
  });

  test('of one rank is what it computes', () => {
    expect(efficiency(stepTime(moments(1), 1, link))).toBe(1);
  });
});
