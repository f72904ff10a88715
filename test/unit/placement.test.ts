import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { announceThread, openPlacement, placementOf } from '../../src/node/placement.ts';

/** A machine with processors 2, 3, 5 and 7, on which the caller runs where it is put. */
function machine(at: number) {
  const placed: (readonly [thread: number, processors: readonly number[]])[] = [];
  const scheduler = {
    at,
    time: 0,
    now: () => scheduler.time,
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

  test('change places with the caller if it comes to that of another', () => {
    const { scheduler, placement, placed } = machine(3);
    placement.tie();
    const of = (processor: number) => placed.find(([, processors]) => processors.includes(processor))?.[0];
    const [worker, others] = [of(5), [of(2), of(7)]];
    placement.release();
    placed.length = 0;
    scheduler.time = 10;
    scheduler.at = 5;
    placement.tie();
    expect([of(5), of(3)]).toEqual([0, worker]);
    expect([of(2), of(7)]).toEqual(others);
  });

  test('are left alone where somebody has moved the process', () => {
    const { placement, placed } = machine(4);
    placement.tie();
    placement.release();
    expect(placed).toEqual([]);
  });

  test('may go everywhere after the run', () => {
    const { scheduler, placement, placed } = machine(7);
    placement.release();
    expect(placed).toEqual([]);
    scheduler.time = 10;
    placement.tie();
    placed.length = 0;
    placement.release();
    expect(placed).toEqual([0, 11, 12, 13].map((thread) => [thread, [2, 3, 5, 7]]));
  });

  test('are left alone right after a run: they have not slept', () => {
    const { scheduler, placement, placed } = machine(7);
    placement.tie();
    placement.release();
    placed.length = 0;
    scheduler.time = 0.5;
    placement.tie();
    placement.release();
    expect(placed).toEqual([]);
    scheduler.time = 2;
    placement.tie();
    expect(placed).toHaveLength(4);
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
