import { describe, expect, test } from 'vitest';

import type { Program } from '../../../src/backends/backend.ts';
import { DeviceLostError } from '../../../src/base/errors.ts';
import { f32 } from '../../../src/base/tensor-data.ts';
import { Flatten, Linear, Sequential } from '../../../src/nn/index.ts';
import type { Entry } from '../../../src/plan/plan.ts';
import { prepareInference } from '../../../src/train/evaluate.ts';
import { inferenceNetworkOf } from '../../../src/train/inference-network.ts';
import { Batcher, type Computed } from '../../../src/use/batch/batcher.ts';
import { Pace } from '../../../src/use/batch/pace.ts';
import { standingClock } from '../../support/clock.ts';
import { watchedBackend } from '../../support/rounds.ts';

/** Its logits are the picture itself, [1, 1, 2]. */
async function batcherOf(
  options: {
    readonly maxDelay?: number;
    readonly onRun?: (entry: Entry) => void | Promise<void>;
  } = {},
) {
  const { maxDelay = 0, onRun } = options;
  const model = new Sequential(new Flatten(), new Linear(2, 2));
  model.loadStateDict(
    new Map([
      ['1.weight', f32([2, 2], Float32Array.of(1, 0, 0, 1))],
      ['1.bias', f32([2], new Float32Array(2))],
    ]),
  );
  const network = inferenceNetworkOf(model, [1, 1, 2], { name: 'same', options: {} });
  const runs: Entry[] = [];
  const { backend } = watchedBackend(async (entry) => {
    if (entry === 'prologue') return;
    runs.push(entry);
    await onRun?.(entry);
  });
  const program: Program = await prepareInference(network, backend, [8, 4, 2, 1]);
  const time = standingClock();
  const batcher = new Batcher(program, { maxDelay }, time.clock);
  const signal = new AbortController().signal;
  const add = (n: number, own = signal): Promise<Computed> =>
    batcher.add(Float32Array.of(n, -n), { signal: own });
  return { batcher, add, runs, time };
}

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, n) => from + n);
const firsts = (computed: readonly Computed[]): number[] => computed.map(({ logits }) => logits[0]);

/** Lets everything happen that does not wait for a clock. */
async function settle(): Promise<void> {
  for (let round = 0; round < 20; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** What holds the first run up. */
function gate(): {
  readonly begun: Promise<void>;
  readonly open: () => void;
  readonly onRun: () => Promise<void>;
} {
  const begun = Promise.withResolvers<undefined>();
  const opened = Promise.withResolvers<undefined>();
  return {
    begun: begun.promise,
    open: () => {
      opened.resolve(undefined);
    },
    onRun: () => {
      begun.resolve(undefined);
      return opened.promise;
    },
  };
}

describe('pictures that wait', () => {
  test('are computed together in the order in which they came, each with its own answer', async () => {
    const { begun, open, onRun } = gate();
    const { add, runs } = await batcherOf({ onRun });
    const begins: number[] = [];
    const first = add(0);
    await begun;
    const rest = numbers(1, 15).map((n) => add(n).then((computed) => (begins.push(n), computed)));
    open();
    expect(firsts([await first, ...(await Promise.all(rest))])).toEqual(numbers(0, 16));
    // 1; then of 15 a whole batch, and of 7 what fills one each.
    expect(runs).toEqual(['forward@1', 'forward', 'forward@4', 'forward@2', 'forward@1']);
    expect(begins).toEqual(numbers(1, 15));
    expect((await Promise.all(rest)).map(({ batch }) => batch)).toEqual([
      ...Array<number>(8).fill(8),
      ...Array<number>(4).fill(4),
      ...[2, 2, 1],
    ]);
  });

  test('that are made together are computed together, without any delay', async () => {
    const { add, runs, time } = await batcherOf();
    await Promise.all([1, 2, 3, 4].map((n) => add(n)));
    expect(runs).toEqual(['forward@4']);
    expect(time.waiting()).toBe(0);
  });

  test('wait for others as long as maxDelay says, since the first of them came', async () => {
    const { add, runs, time } = await batcherOf({ maxDelay: 10 });
    const first = add(1);
    await settle();
    time.pass(6);
    const second = add(2);
    await settle();
    time.pass(3);
    await settle();
    expect(runs).toEqual([]);
    time.pass(1);
    expect(firsts(await Promise.all([first, second]))).toEqual([1, 2]);
    expect(runs).toEqual(['forward@2']);
    expect(time.waiting()).toBe(0);
  });

  test('do not wait once there is a whole batch, nor when nobody else will come', async () => {
    const { batcher, add, runs, time } = await batcherOf({ maxDelay: 1000 });
    expect(firsts(await Promise.all(numbers(0, 8).map((n) => add(n))))).toEqual(numbers(0, 8));
    const late = add(8);
    await settle();
    expect(runs).toEqual(['forward']);
    batcher.hurry();
    expect((await late).batch).toBe(1);
    expect(time.waiting()).toBe(0);
  });

  test('that are not wanted any more leave the queue', async () => {
    const { add, runs, time } = await batcherOf({ maxDelay: 10 });
    const [left, reason] = [new AbortController(), new Error('hung up')];
    const calls = [add(1), add(2, left.signal), add(3)];
    await settle();
    left.abort(reason);
    await expect(calls[1]).rejects.toBe(reason);
    await expect(add(4, left.signal)).rejects.toBe(reason);
    time.pass(10);
    expect((await Promise.all([calls[0], calls[2]])).map(({ logits, batch }) => [logits[0], batch])).toEqual([
      [1, 2],
      [3, 2],
    ]);
    expect(runs).toEqual(['forward@2']);
    // Of those that wait the last leaves: there is nothing to be computed, and nobody waits for a time to come.
    const last = new AbortController();
    const alone = add(5, last.signal);
    await settle();
    last.abort(reason);
    await expect(alone).rejects.toBe(reason);
    await settle();
    expect([runs.length, time.waiting()]).toEqual([1, 0]);
  });
});

describe('a whole batch that waits for another', () => {
  test.each([
    ['follows at once where the event loop came round meanwhile', true, ['run', 'run', 'answer']],
    ['lets answers leave first where this thread computed', false, ['run', 'answer', 'run']],
  ])('%s', async (_, elsewhere, expected) => {
    const events: string[] = [];
    const { add } = await batcherOf({
      onRun: async () => {
        events.push('run');
        if (elsewhere) await settle();
      },
    });
    const calls = numbers(0, 16).map((n) => add(n));
    void calls[0].then(() => setImmediate(() => events.push('answer')));
    expect(firsts(await Promise.all(calls))).toEqual(numbers(0, 16));
    await settle();
    expect(events).toEqual(expected);
  });
});

describe('a run that fails', () => {
  test('fails the pictures in it, and no others', async () => {
    let fails = true;
    const failure = new Error('no');
    const { add, runs } = await batcherOf({
      onRun: () => {
        if (fails) throw failure;
      },
    });
    const outcomes = await Promise.allSettled([1, 2].map((n) => add(n)));
    expect(outcomes).toEqual([1, 2].map(() => ({ status: 'rejected', reason: failure })));
    fails = false;
    expect((await add(3)).logits[0]).toBe(3);
    expect(runs).toEqual(['forward@2', 'forward@1']);
  });

  test('because its device is lost fails what waits and what comes as well', async () => {
    const { begun, open, onRun } = gate();
    const lost = new DeviceLostError('the thread of the backend was lost: its thread ended');
    const { add, runs } = await batcherOf({
      onRun: async () => {
        await onRun();
        throw lost;
      },
    });
    const first = add(0);
    await begun;
    const waiting = numbers(1, 10).map((n) => add(n));
    open();
    for (const call of [first, ...waiting]) await expect(call).rejects.toBe(lost);
    await expect(add(11)).rejects.toBe(lost);
    expect(runs).toEqual(['forward@1']);
  });
});

describe('the pace', () => {
  test('tells how long those that wait will take, by the runs so far', () => {
    const pace = new Pace();
    expect(pace.secondsFor(100)).toBe(1);
    pace.note(8, 8, 800);
    expect(pace.secondsFor(30)).toBe(3);
    pace.note(1, 1, 500);
    expect(pace.secondsFor(30)).toBe(6);
  });

  test('tells whether empty rows are worth it', () => {
    const sizes = [1, 2, 4, 8];
    const pace = new Pace();
    // Nothing is known: rows that are empty take as long as others.
    expect([1, 2, 3, 4, 5, 8, 20].map((waiting) => pace.sizeFor(waiting, sizes))).toEqual([
      1, 2, 2, 4, 4, 8, 8,
    ]);
    // A device that needs hardly more time for eight than for four.
    pace.note(4, 4, 100);
    pace.note(8, 8, 110);
    expect([5, 6, 7].map((waiting) => pace.sizeFor(waiting, sizes))).toEqual([8, 8, 8]);
    // One that needs twice as long, less a little.
    const linear = new Pace();
    linear.note(4, 4, 100);
    linear.note(8, 8, 180);
    expect([5, 6, 7, 8].map((waiting) => linear.sizeFor(waiting, sizes))).toEqual([4, 4, 4, 8]);
  });
});
