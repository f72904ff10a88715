import { expect, test } from 'vitest';

import { DeviceLostError, messageOf, UnreadableError } from '../../../src/base/errors.ts';
import { tookTooLong } from '../../../src/data/in-time.ts';
import { OwnReasons } from '../../../src/node/data/own-reasons.ts';

const { signal } = new AbortController();
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** As libvips does: whoever fails while others do takes what the last of them has left. */
function decoder() {
  let running = 0;
  let tries = 0;
  let last = '';
  const decode = async (reason: string | undefined): Promise<string> => {
    tries++;
    running++;
    if (reason !== undefined) last = reason;
    await tick();
    await tick();
    running--;
    if (reason === undefined) return 'a picture';
    throw new UnreadableError(last);
  };
  return { decode, tries: () => tries, running: () => running };
}

test('pictures that fail beside others are told their own reasons, the others are not held up', async () => {
  const reasons = new OwnReasons();
  const { decode } = decoder();
  const wrong = await Promise.all(['a', 'b'].map((name) => decode(name).catch(messageOf)));
  expect(wrong).toEqual(['b', 'b']);
  const names = ['a', undefined, 'b', 'c', undefined, 'd'];
  const told = names.map((name) => reasons.of(() => decode(name), signal).catch(messageOf));
  expect(await Promise.all(told)).toEqual(['a', 'a picture', 'b', 'c', 'a picture', 'd']);
});

test('one that fails by itself is decoded once, and none more than three times', async () => {
  const reasons = new OwnReasons();
  const alone = decoder();
  await expect(reasons.of(() => alone.decode('a'), signal)).rejects.toThrow('a');
  expect(alone.tries()).toBe(1);

  const { decode, tries } = decoder();
  // Others fail all the time.
  const over = new AbortController();
  const others = (async () => {
    while (!over.signal.aborted)
      await reasons.of(() => Promise.reject(new Error('of another kind')), signal).catch(tick);
  })();
  await expect(reasons.of(() => decode('a'), signal)).rejects.toThrow('a');
  over.abort();
  await others;
  expect(tries()).toBeGreaterThan(1);
  expect(tries()).toBeLessThanOrEqual(3);
});

test.each([
  ['took too long', new UnreadableError(`cannot read a.png: ${tookTooLong(2)}`)],
  [
    'ended threads',
    new UnreadableError('cannot read a.png: 2 threads ended', {
      cause: new DeviceLostError('its thread ended'),
    }),
  ],
  ['is no picture’s fault', new TypeError('a defect')],
])('what %s is not tried again', async (_what, error) => {
  const reasons = new OwnReasons();
  let tries = 0;
  const fail = async (): Promise<never> => {
    tries++;
    await tick();
    throw error;
  };
  const both = [1, 2].map(() => reasons.of(fail, signal));
  for (const each of both) await expect(each).rejects.toBe(error);
  expect(tries).toBe(2);
});

test('who does not want it any more is not waited for', async () => {
  const reasons = new OwnReasons();
  const { decode, tries } = decoder();
  const controller = new AbortController();
  const both = [1, 2].map(() => reasons.of(() => decode('a'), controller.signal));
  controller.abort(new Error('gone'));
  for (const each of both) await expect(each).rejects.toThrow('gone');
  expect(tries()).toBe(2);
});
