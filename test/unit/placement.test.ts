import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { announceThread, openPlacement, placementOf } from '../../src/node/placement.ts';

/** A machine with processors 2, 3, 5 and 7, on which the caller runs where it is put. */
function machine(at: number) {
  const placed: (readonly [thread: number, processors: readonly number[]])[] = [];
  const scheduler = {
    at,
    waiting: [] as (() => void)[],
    later: (callback: () => void) => void scheduler.waiting.push(callback),
    turn: () => {
      for (const callback of scheduler.waiting.splice(0)) callback();
    },
    processor: () => scheduler.at,
    place: (thread: number, processors: readonly number[]) => void placed.push([thread, processors]),
  };
  const placement = placementOf(scheduler, [2, 3, 5, 7]);
  placement.threadIds.set([11, 12, 13]);
  return { scheduler, placement, placed };
}

describe('threads of a backend', () => {
  test('get a processor each, the caller the one where it is', () => {
    const { placement, placed } = machine(3);
    placement.tie();
    const caller = placed.filter(([thread]) => thread === 0);
    expect(caller).toEqual([[0, [3]]]);
    expect(placed.map(([thread]) => thread).sort((a, b) => a - b)).toEqual([0, 11, 12, 13]);
    expect(placed.flatMap(([, processors]) => processors).sort((a, b) => a - b)).toEqual([2, 3, 5, 7]);
  });

  test('stay, but for the one whose processor the caller has come to', () => {
    const { scheduler, placement, placed } = machine(3);
    placement.tie();
    const [[worker, home]] = placed.filter(([, [processor]]) => processor === 5);
    placement.release();
    scheduler.turn();
    placed.length = 0;
    placement.tie();
    expect(placed).toEqual([[0, [3]]]);
    placement.release();
    scheduler.turn();
    scheduler.at = home[0];
    placed.length = 0;
    placement.tie();
    expect(placed).toEqual([
      [0, [5]],
      [worker, [3]],
    ]);
  });

  test('are left alone where somebody has moved the process', () => {
    const { scheduler, placement, placed } = machine(4);
    placement.tie();
    placement.release();
    scheduler.turn();
    expect(placed).toEqual([]);
  });

  test('let the caller go everywhere after the run', () => {
    const { scheduler, placement, placed } = machine(7);
    placement.release();
    scheduler.turn();
    expect(placed).toEqual([]);
    placement.tie();
    placed.length = 0;
    placement.release();
    expect(placed).toEqual([]);
    scheduler.turn();
    expect(placed).toEqual([[0, [2, 3, 5, 7]]]);
  });

  test('are placed and let go once where one run follows the other', () => {
    const { scheduler, placement, placed } = machine(7);
    for (let run = 0; run < 3; run++) {
      placement.tie();
      placement.release();
    }
    expect(placed).toHaveLength(4);
    expect(scheduler.waiting).toHaveLength(1);
    scheduler.turn();
    expect(placed).toHaveLength(5);
    placement.tie();
    placement.release();
    expect(scheduler.waiting).toHaveLength(1);
  });
});

const allowed = () =>
  /^Cpus_allowed_list:\t(.*)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1];
const placement = await openPlacement(availableParallelism());
if (placement === undefined) console.warn('SKIPPED: threads are placed on Linux alone, with koffi');

describe.skipIf(placement === undefined)('on this machine', () => {
  test('the calling thread is tied and let go', async () => {
    const before = allowed();
    // No such threads: they cannot be placed, which is no error.
    placement?.threadIds.fill(-1);
    placement?.tie();
    expect(allowed()).toMatch(/^\d+$/);
    placement?.release();
    await setImmediate();
    expect(allowed()).toBe(before);
    const id = new Int32Array(new SharedArrayBuffer(4));
    await announceThread(id);
    expect(readFileSync(`/proc/self/task/${id[0]}/status`, 'utf8')).toContain('Cpus_allowed_list');
  });

  test('a program with fewer threads than processors leaves the choice to the system', async () => {
    expect(await openPlacement(availableParallelism() + 1)).toBeUndefined();
    expect(await openPlacement(1)).toBeUndefined();
  });
});
