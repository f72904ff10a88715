import { describe, expect, test } from 'vitest';

import { DisposedError, QueueFullError } from '../../../src/base/errors.ts';
import { Calls, type Call } from '../../../src/use/batch/calls.ts';
import { Pace } from '../../../src/use/batch/pace.ts';
import { Places } from '../../../src/use/batch/places.ts';

/** Work that goes on until it is told. */
function work<T>(): {
  readonly calls: Call[];
  readonly end: (value: T) => void;
  readonly of: (call: Call) => Promise<T>;
} {
  const { promise, resolve } = Promise.withResolvers<T>();
  const calls: Call[] = [];
  return {
    calls,
    end: resolve,
    of: (call) => {
      calls.push(call);
      return promise;
    },
  };
}

describe('calls', () => {
  test('wait until they are begun, as many as may', async () => {
    const pace = new Pace();
    pace.note(1, 1, 500);
    const calls = new Calls('the thing', 2, pace);
    const { calls: accepted, end, of } = work<string>();
    const first = calls.accept({}, of);
    const second = calls.accept({ pictures: 5 }, of);
    const refused: unknown = await calls.accept({}, of).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(QueueFullError);
    expect(refused).toMatchObject({
      message: 'the thing has 2 calls waiting, as many as may (queue): try again in 3 s',
      retryAfter: 3,
    });
    expect(calls.waiting).toBe(2);
    accepted[0].begun();
    accepted[0].begun();
    expect(calls.waiting).toBe(1);
    const third = calls.accept({}, of);
    end('done');
    expect(await Promise.all([first, second, third])).toEqual(['done', 'done', 'done']);
    expect(calls.waiting).toBe(0);
  });

  test('end at once when their signal is aborted, with its reason, and are waited for all the same', async () => {
    const calls = new Calls('the thing', 9, new Pace());
    const [controller, reason] = [new AbortController(), new Error('hung up')];
    const { calls: accepted, end, of } = work<number>();
    const call = calls.accept({ signal: controller.signal }, of);
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(accepted[0].signal.reason).toBe(reason);
    expect(calls.waiting).toBe(0);
    await expect(calls.accept({ signal: controller.signal }, of)).rejects.toBe(reason);
    let isOver = false;
    const over = calls.close().then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    end(1);
    await over;
  });

  test('that are begun are finished when all others are refused', async () => {
    const calls = new Calls('the thing', 9, new Pace());
    const { calls: accepted, end, of } = work<number>();
    const begun = calls.accept({}, of);
    const waiting = calls.accept({}, of);
    accepted[0].begun();
    const over = calls.close();
    await expect(waiting).rejects.toThrow('the thing was disposed of; make another to use it');
    await expect(calls.accept({}, of)).rejects.toBeInstanceOf(DisposedError);
    end(1);
    expect(await begun).toBe(1);
    await over;
  });

  test('are all finished when they are drained', async () => {
    const calls = new Calls('the thing', 9, new Pace());
    const { end, of } = work<number>();
    const waiting = [calls.accept({}, of), calls.accept({}, of)];
    const over = calls.close({ drain: true });
    await expect(calls.accept({}, of)).rejects.toBeInstanceOf(DisposedError);
    end(1);
    expect(await Promise.all(waiting)).toEqual([1, 1]);
    await over;
  });
});

test('places are taken in order, and whoever leaves the queue keeps nobody waiting', async () => {
  const places = new Places(2);
  const { signal } = new AbortController();
  const taken: string[] = [];
  const take = async (name: string, own = signal) => {
    const leave = await places.take(own);
    taken.push(name);
    return leave;
  };
  const [first] = await Promise.all([take('a'), take('b')]);
  const [gone, reason] = [new AbortController(), new Error('gone')];
  const left = take('c', gone.signal);
  const rest = [take('d'), take('e')];
  gone.abort(reason);
  await expect(left).rejects.toBe(reason);
  expect(places.taken).toBe(2);
  first();
  first();
  const next = await rest[0];
  expect(taken).toEqual(['a', 'b', 'd']);
  next();
  await rest[1];
  expect(taken).toEqual(['a', 'b', 'd', 'e']);
});
